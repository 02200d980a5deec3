"""The subdomains: one folder each. They meet only in events and api."""
