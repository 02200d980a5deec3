"""What is always true of second factors: of authenticators, of their codes, and of whoever signs in with them."""
