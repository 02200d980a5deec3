"""The use cases of password credentials: registrations, sign-ins and password resets."""
