"""Template tags of Data."""
