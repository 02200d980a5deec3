"""How endpoints are called."""
