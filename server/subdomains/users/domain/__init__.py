"""What is always true of users: the aggregate, its memberships, and the invitation of a guest."""
