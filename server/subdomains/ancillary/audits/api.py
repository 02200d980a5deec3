"""What other subdomains may ask of audits, within their own unit of work."""

from server.kernel.access.caller import ANONYMOUS, find_current_call
from server.kernel.database import UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
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
