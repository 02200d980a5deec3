"""What other subdomains may ask of audits, within their own unit of work."""

import asyncio
import logging

from server.kernel.access.caller import ANONYMOUS, current_call, find_current_call
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.errors import Refusal
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi

log = logging.getLogger(__name__)

_MINUTE_SECONDS = 60.0
_MOST_PLACES = 50
_ELSEWHERE = "elsewhere"

_Place = tuple[str, str, str]  # the client's address, why it was refused, and whom the audit is against


class AuditsApi:
    """Queues audits."""

    def __init__(self, usages: UsagesApi) -> None:
        self._usages = usages

    @classmethod
    def of(cls, platform: Platform) -> "AuditsApi":
        return cls(UsagesApi.of(platform))

    def record(self, uow: UnitOfWork, code: str, template: str, *arguments: str, against: str | None = None) -> None:
        """
        Queue an audit against the caller, or against *against*, and the usage that goes with it.

        *template* has placeholders such as ``{Name}``, filled from *arguments* in their order by whoever reads it.
        Never a secret. An empty code is ignored.
        """
        if not code:
            return
        call = find_current_call()
        against_id = against or (call.caller.user_id if call else ANONYMOUS)
        body = {
            "AuditCode": code,
            "AgainstId": against_id,
            "MessageTemplate": template,
            "Arguments": list(arguments),
        }
        uow.deliver(Message(Queue.AUDITS, body))
        self._usages.record(uow, "Audited", for_id=against_id, UserId=against_id, Code=code.lower())


class RefusalAudits:
    """
    Audits credentials that are refused, under one code: bounded, since anybody may send as many as they like.

    The first of each minute that is refused for one reason, from one address and of one user is audited. Those that
    follow are counted, and one more audit says how many they were when the minute is over. Past so many of these the
    rest count as one. All of this is per process.
    """

    def __init__(self, begin: OpenUnitOfWork, audits: AuditsApi, *, code: str, one: str, several: str) -> None:
        self._begin = begin
        self._audits = audits
        self._code = code
        self._template = f"{one} from {{Address}} was refused: {{Reason}}"
        self._template_of_rest = f"{{Count}} more {several} from {{Address}} were refused within a minute: {{Reason}}"
        self._left_out: dict[_Place, int] = {}  # of this minute
        self._minute: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, platform: Platform, *, code: str, one: str, several: str) -> "RefusalAudits":
        """*one* and *several* say what is refused, such as ``A service token`` and ``service tokens``."""
        return cls(platform.begin, AuditsApi.of(platform), code=code, one=one, several=several)

    async def record(self, refusal: Refusal, *, against: str = ANONYMOUS) -> None:
        """Audit or count a refusal, in a transaction of its own: the call itself fails."""
        place = self._place_of(current_call().client_address, refusal.reason, against)
        if self._minute is None or self._minute.done():
            self._minute = asyncio.create_task(self._end_minute())
        if place in self._left_out:
            self._left_out[place] += 1
            return
        self._left_out[place] = 0
        address, reason, against = place
        try:
            async with self._begin() as uow:
                self._audits.record(uow, self._code, self._template, address, reason, against=against)
        except BaseException:
            self._left_out[place] = self._left_out.get(place, 0) + 1  # the minute may be over by now
            raise

    def _place_of(self, address: str, reason: str, against: str) -> _Place:
        place = (address, reason, against)
        is_one_too_many = place not in self._left_out and len(self._left_out) >= _MOST_PLACES
        return (_ELSEWHERE, reason, ANONYMOUS) if is_one_too_many else place

    async def _end_minute(self) -> None:
        await asyncio.sleep(_MINUTE_SECONDS)
        counts = {place: count for place, count in self._left_out.items() if count}
        self._left_out = {}
        if not counts:
            return
        try:
            async with self._begin() as uow:
                for (address, reason, against), count in counts.items():
                    said = (self._template_of_rest, str(count), address, reason)
                    self._audits.record(uow, self._code, *said, against=against)
        except Exception:
            log.exception("refusals could not be audited", extra={"code": self._code, "count": sum(counts.values())})
