"""Users, sign-in and preferences."""
