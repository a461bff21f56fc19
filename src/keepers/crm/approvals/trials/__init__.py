"""Standing trials: pages, the API, and their words."""
