"""
Identity: how users prove who they are.

A group of areas, each a subdomain of its own: password credentials, second factors, sessions and their tokens, and what
callers may ask about themselves.
"""
