"""How notifications and dead letters are stored and found: all SQL about them."""
