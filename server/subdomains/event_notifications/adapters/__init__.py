"""The outside world of event notifications."""
