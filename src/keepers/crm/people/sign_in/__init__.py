"""How people sign in: here, by the firm's identity provider, from which browser."""
