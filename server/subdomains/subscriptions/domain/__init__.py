"""What is always true of subscriptions: their plans, their details, and the aggregate."""
