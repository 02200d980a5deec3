"""Identities: tells signed-in callers how they can sign in. It has nothing of its own and asks the other areas."""
