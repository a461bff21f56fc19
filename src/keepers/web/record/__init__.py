"""A customer's record: the page that every desk has a part of."""
