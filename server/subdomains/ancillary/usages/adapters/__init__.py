"""The analytics services that usages are told to."""
