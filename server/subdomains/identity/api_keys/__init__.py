"""
API keys: long-lived credentials of persons and machines.

Whoever sends a key is its owner, as the owner is at that moment. Only a digest of a key is kept, so nobody reads it
again.
"""
