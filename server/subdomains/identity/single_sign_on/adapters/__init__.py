"""The providers: OpenID Connect with its presets, and one for tests."""
