"""A run copied for the pages, whole or not at all."""
