"""Experiments on a workspace: lots, looks, and what they taught of each action."""
