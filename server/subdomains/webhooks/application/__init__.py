"""The use cases of webhooks, by noun."""
