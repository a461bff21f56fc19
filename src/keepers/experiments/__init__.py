"""Assign by lot, measure, learn: what an action brings, how sure that is, and for whom it works."""
