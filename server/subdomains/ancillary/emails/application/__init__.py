"""The use cases of emails: sending them, and what the gateway reports of them."""
