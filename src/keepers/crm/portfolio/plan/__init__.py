"""The Plan pages: what a plan says, its limits, whose mailings to stop."""
