"""When it is: a calendar learned, forecast, and the models under it."""
