"""What contacts cost, what they are taken to do, and what an action consists of."""
