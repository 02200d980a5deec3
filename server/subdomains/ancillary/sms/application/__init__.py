"""The use cases of SMS: sending them, and what the gateway reports of them."""
