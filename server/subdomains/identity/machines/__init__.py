"""
Machines: users that are no persons, and whose only credential is an API key.

This area has nothing of its own: it registers a user, lets it join its owner's organization and makes it a key.
"""
