"""Compiled loops of the Pareto/NBD."""
