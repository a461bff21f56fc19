"""Every touch point of a customer in one list, and what people add to it."""
