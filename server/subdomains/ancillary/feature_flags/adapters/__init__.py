"""Where flags come from: OpenFeature, and one provider for each source."""
