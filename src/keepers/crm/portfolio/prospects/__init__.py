"""Prospects by what they would be worth once won."""
