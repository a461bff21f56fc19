"""The Insight pages: the newspaper, a page a question, its chart and its table."""
