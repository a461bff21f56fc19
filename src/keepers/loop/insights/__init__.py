"""Questions answered on a store, and what a run keeps of them: insights, and a customer's page."""
