"""Promotions and shares of wallet, on pages and by the API."""
