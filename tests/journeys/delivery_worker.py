"""A worker process of the delivery campaign: the product's own, and a queue more, whose messages keep their order."""

import sys
from collections.abc import Sequence
from typing import Any

import uvloop

from server import app as server_app
from server import worker
from server.kernel import logs
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.subdomain import Carrier, Platform, Subdomain
from server.subdomains.ancillary.audits.wiring import audits
from server.subdomains.ancillary.emails.wiring import emails
from server.subdomains.ancillary.usages.wiring import usages

ORDERED = "/tests.Ordered/Deliver"


def compose(platform: Platform) -> list[Subdomain]:
    """What the campaign is made of."""
    ordered = Carrier(Queue.DOMAIN_EVENTS, ORDERED, _never)
    return [audits(platform), emails(platform), usages(platform), Subdomain("ordered", carriers=[ordered])]


async def _never(_: Sequence[Any]) -> list[Result]:
    raise AssertionError("the campaign drains nothing")


if __name__ == "__main__":
    logs.start_logging(as_json=False, level="INFO")
    uvloop.run(worker._work(server_app.build(compose=compose), sys.argv[1]))
