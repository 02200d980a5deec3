"""How endpoints, attempts and past events are stored and found: all SQL about them."""
