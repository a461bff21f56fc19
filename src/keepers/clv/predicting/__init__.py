"""From draws to forecasts: windows, intervals, totals, bases valued part by part."""
