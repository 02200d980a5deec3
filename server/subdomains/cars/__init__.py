"""
Cars: what an organization lends to its members, and when each car is not available.

A sample. It proves the path of an organization's own rows from end to end, and is deleted from a real product.
"""
