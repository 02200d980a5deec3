"""The use cases of password credentials: registrations and sign-ins."""
