"""Ready rows brought in, a piece at a time: created, brought up to date, kept for desks to come."""
