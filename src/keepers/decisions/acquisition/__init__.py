"""Whom to win next: what prospects would be worth, by what is known of them before they buy."""
