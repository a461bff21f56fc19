"""Who is worth keeping, what to do about each, and how much to spend on it: from draws to a plan."""
