"""What to keep in stock: the demand for each product in the weeks to come, and the level that meets it often enough."""
