"""The use cases of event notifications: what workers ask for, and what operators do."""
