"""
The message bus of domain events.

Each subscription gets every event of its types, in order per aggregate, at least once: as a row of the queue
``domain_events``, written in the transaction of the event. Reactions of subdomains on the same database do not wait for
that: they run in the transaction, and only leave their record here.
"""

import server.kernel.database  # noqa: F401  # first: a unit of work writes what stands here
