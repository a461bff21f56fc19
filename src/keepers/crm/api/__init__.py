"""What every route of the API has: who comes by which key, how much at once, once only, and what is wrong in words."""
