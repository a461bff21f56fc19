"""The end of the history held out and forecast, beside simple rules; the grade."""
