"""SMS: sent reliably through a gateway, and what became of them."""
