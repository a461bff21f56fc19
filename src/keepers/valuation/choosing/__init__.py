"""Which model suits the firm, by forecasts from its own past made again, and what they must know of it."""
