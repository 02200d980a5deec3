"""The use cases of single sign-on: starting and finishing a sign-in, and the tokens that providers have given."""
