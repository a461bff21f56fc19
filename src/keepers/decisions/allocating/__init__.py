"""Which option each customer gets within what there is to spend, and what more or less money would bring."""
