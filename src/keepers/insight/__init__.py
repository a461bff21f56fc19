"""What the history says: small tables with a sentence each, read from the warehouse's views and from a run's values.

One file an insight, all alike: a question, a function from a store and a scope to an `Answer`, and the picture that
shows it. `catalogue` lists them; `charts` draws the pictures with one theme.
"""
