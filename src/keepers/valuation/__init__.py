"""Orders in, values out: summary, fit, value, backtest and grade."""
