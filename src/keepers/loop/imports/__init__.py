"""What comes into a workspace: files, what programs send, and what the desks tell the warehouse."""
