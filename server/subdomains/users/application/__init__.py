"""The use cases of users: by themselves, by registration, and by membership."""
