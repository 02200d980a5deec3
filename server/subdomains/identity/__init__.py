"""
Identity: how users prove who they are.

A group of areas, each a subdomain of its own: password credentials, sessions and their tokens, and what callers may
ask about themselves.
"""
