"""Usages: what is done with the product, delivered to an analytics service."""
