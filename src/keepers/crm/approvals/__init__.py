"""Acting on the plan: what is approved, whom it reaches, who is held out by lot, and what it brought."""
