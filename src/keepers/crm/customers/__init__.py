"""Customers: who they are, whatever their value."""
