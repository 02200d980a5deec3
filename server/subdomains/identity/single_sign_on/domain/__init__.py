"""What is always true of single sign-on: started sign-ins, accounts at providers, and the tokens kept of them."""
