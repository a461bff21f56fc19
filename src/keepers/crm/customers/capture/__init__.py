"""A firm's own site: forms that bring prospects, visits that were agreed to, and nothing without consent."""
