"""The open tables, their contracts, and the engine that reads them."""
