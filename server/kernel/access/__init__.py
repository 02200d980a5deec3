"""Who may do what: roles, features, and the callers that hold them."""
