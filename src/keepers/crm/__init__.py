"""The Django apps of the CRM: each with models, queries, actions, forms, views, urls and templates of its own."""
