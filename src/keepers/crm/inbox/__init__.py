"""What programs send one at a time: orders and acts, kept first, then brought to the warehouse in batches."""
