"""Many rows at once, without keeping others waiting."""
