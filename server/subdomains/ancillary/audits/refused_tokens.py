"""Audits of service tokens that are refused: bounded, since anybody may send as many as they like."""

import asyncio
import logging

from server.kernel.access.caller import ANONYMOUS, current_call
from server.kernel.database import OpenUnitOfWork
from server.kernel.errors import Refusal
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi

log = logging.getLogger(__name__)

_CODE = "ServiceTokenAuthentication.Failed.InvalidToken"
_SECONDS = 60.0
_MOST_PLACES = 50
_ELSEWHERE = "elsewhere"

_Place = tuple[str, str]  # the client's address, and why its token was refused


class RefusedServiceTokens:
    """
    Audits the first token of each minute that is refused for one reason and from one address.

    Those that follow are counted, and one more audit says how many they were when the minute is over. Past so many
    addresses the rest count as one. All of this is per process.
    """

    def __init__(self, begin: OpenUnitOfWork, audits: AuditsApi) -> None:
        self._begin = begin
        self._audits = audits
        self._left_out: dict[_Place, int] = {}  # of this minute
        self._minute: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, platform: Platform) -> "RefusedServiceTokens":
        return cls(platform.begin, AuditsApi.of(platform))

    async def record(self, refusal: Refusal) -> None:
        """Audit or count a refused token, in a transaction of its own: the call itself fails."""
        place = self._place_of(current_call().client_address, refusal.reason)
        if place in self._left_out:
            self._left_out[place] += 1
            return
        self._left_out[place] = 0
        if self._minute is None or self._minute.done():
            self._minute = asyncio.create_task(self._end_minute())
        address, reason = place
        try:
            async with self._begin() as uow:
                template = "A service token from {Address} was refused: {Reason}"
                self._audits.record(uow, _CODE, template, address, reason, against=ANONYMOUS)
        except BaseException:
            self._left_out[place] += 1
            raise

    def _place_of(self, address: str, reason: str) -> _Place:
        place = (address, reason)
        is_one_too_many = place not in self._left_out and len(self._left_out) >= _MOST_PLACES
        return (_ELSEWHERE, reason) if is_one_too_many else place

    async def _end_minute(self) -> None:
        await asyncio.sleep(_SECONDS)
        counts = {place: count for place, count in self._left_out.items() if count}
        self._left_out = {}
        if not counts:
            return
        try:
            async with self._begin() as uow:
                template = "{Count} more service tokens from {Address} were refused within a minute: {Reason}"
                for (address, reason), count in counts.items():
                    self._audits.record(uow, _CODE, template, str(count), address, reason, against=ANONYMOUS)
        except Exception:
            log.exception("refused service tokens could not be audited", extra={"count": sum(counts.values())})
