"""What customers may buy next, whom to offer which product, and what to keep in stock."""
