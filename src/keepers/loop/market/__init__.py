"""Beyond the firm's own orders: why people choose a brand, shares of wallet, whom to win next."""
