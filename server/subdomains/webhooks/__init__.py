"""
Webhooks: the events of an organization, sent to addresses that it names.

An organization's owners create endpoints. Each public event of theirs goes to every endpoint that listens to it: over
the message bus into a queue of its own, and from there by HTTP, signed by Standard Webhooks.
"""
