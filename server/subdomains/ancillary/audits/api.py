"""What other subdomains may ask of audits, within their own unit of work."""

from collections.abc import Awaitable, Callable

from server.kernel.access.caller import ANONYMOUS, find_current_call
from server.kernel.database import UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.errors import Refusal
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi


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


def audit_refused_service_tokens(platform: Platform) -> Callable[[Refusal], Awaitable[None]]:
    """What records each service token that is refused, in a transaction of its own: the call itself fails."""
    audits = AuditsApi.of(platform)

    async def record(refusal: Refusal) -> None:
        async with platform.begin() as uow:
            audits.record(
                uow,
                "ServiceTokenAuthentication.Failed.InvalidToken",
                "A service token was refused: {Reason}",
                refusal.reason,
                against=ANONYMOUS,
            )

    return record
