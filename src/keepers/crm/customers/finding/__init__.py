"""How customers are found by words, also by a letter wrong."""
