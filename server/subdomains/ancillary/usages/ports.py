"""What usages needs of the outside world."""

from collections.abc import Sequence
from typing import Protocol

from server.subdomains.ancillary.usages.domain import UsageRecord


class UsageGateway(Protocol):
    """Is told what people do."""

    async def tell(self, records: Sequence[UsageRecord]) -> None:
        """
        Hand over records, all of them or none. One of a key and a position that was told before is the same one again.

        Raises:
            UsageGatewayFailed: The gateway is away or busy.
            UsageGatewayRefused: It will never take these records, or one of them.
        """
        ...
