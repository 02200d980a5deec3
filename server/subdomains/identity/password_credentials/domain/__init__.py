"""What is always true of password credentials, of passwords, and of attempts to sign in."""
