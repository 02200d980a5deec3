"""
Event notifications: the receiving end of the message bus, and what operators do with queued work.

Workers hand domain events to NotifyDomainEvents, each with the subscription it is for. What the consumer does about an
event commits together with the record that it is handled, so a repeat does nothing. The bus itself (who subscribes, and
how events get onto it) is the kernel's; every subdomain may be on either end of it.
"""
