"""Surveys of the market: kept, studied, and shown as Insight shows what the history says."""
