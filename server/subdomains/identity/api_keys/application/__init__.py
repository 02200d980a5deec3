"""The use cases of API keys: those of their owners and of operators, and what happens when one is presented."""
