"""Audits: the permanent record of what matters for compliance. Append-only."""
