"""What is always true of organizations: the aggregate, and its settings."""
