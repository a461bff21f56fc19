"""The stages in their order, on a store: a workspace's warehouse, or memory for a single file."""
