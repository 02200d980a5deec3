"""
What is carried out after the commit: queued with the use case, at least once, retried, dead-lettered, visible.

``tables`` and ``messages`` are what a use case touches (through its unit of work); ``engine`` claims and settles,
``nats_engine`` does so over NATS, ``worker`` carries out.
"""

import server.kernel.database  # noqa: F401  # first: a unit of work writes what stands here
