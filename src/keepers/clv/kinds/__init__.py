"""Customers of several kinds: what tells them apart as numbers, what it does to their rates, the likelihood by kind."""
