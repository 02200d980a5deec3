"""The use cases of SMS."""
