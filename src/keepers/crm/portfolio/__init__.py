"""The published values of the base: publications, the list by value, insights."""
