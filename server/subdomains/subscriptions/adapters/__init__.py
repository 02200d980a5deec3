"""Billing providers, and where plans come from."""
