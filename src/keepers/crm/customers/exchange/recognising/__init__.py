"""What the tables of another system are, which of their columns is which, and how they join."""
