"""Which header is which column, and what only whole columns can tell."""
