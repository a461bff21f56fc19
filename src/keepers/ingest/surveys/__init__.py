"""What people said: surveys of a market, and shares of wallet."""
