"""On whom actions are tried by lot, because nobody knows yet that they pay."""
