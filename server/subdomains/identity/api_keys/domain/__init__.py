"""What is always true of API keys: the aggregate, and the text that its owner holds."""
