"""One customer's history and future as answers: each a table, a sentence and a picture, like the base's insights."""
