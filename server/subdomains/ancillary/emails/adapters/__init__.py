"""The gateways that mails may leave by."""
