"""
Feature flags: switches that are thrown outside the product, in a flags file or in a flag system.

Whatever the source, flags are evaluated by OpenFeature, for a user and an organization or for nobody in particular.
"""
