"""What a verb tells in the terminal, in words."""
