"""The use cases of second factors: options, associations, and sign-ins with one."""
