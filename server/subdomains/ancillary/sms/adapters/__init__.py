"""The gateways that SMS may leave by."""
