"""
Recording: what the product says of itself while it runs, by its own code and by trusted hosts.

Traces of thought and crashes go to the log at once; measures are counted, and told to analytics as usages; usages and
audits are queued with the use case that records them. Where logs, metrics and traces go is the kernel's telemetry.
"""
