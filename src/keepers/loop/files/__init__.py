"""Files in, files out, without a workspace: orders, contracts and experiments."""
