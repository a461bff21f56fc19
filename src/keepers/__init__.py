"""Keepers knows what every customer is worth, how sure it is of that, and what to do about it next."""

__version__ = "0.1.0"
