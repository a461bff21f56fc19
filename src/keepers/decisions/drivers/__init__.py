"""What a survey says of the market: why people choose a brand, what they are worth to each, and what improving pays."""
