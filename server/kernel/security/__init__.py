"""Keys, tokens and sealed values."""
