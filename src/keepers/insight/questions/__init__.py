"""The questions of the newspaper, one a file."""
