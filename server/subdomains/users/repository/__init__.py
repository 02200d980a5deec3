"""How users are stored: all SQL about them."""
