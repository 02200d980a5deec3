"""What other subdomains may ask of usages, within their own unit of work."""

from collections.abc import Mapping

from server.kernel.access.caller import ANONYMOUS, find_current_call
from server.kernel.database import UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.subdomain import Platform

_COMPONENT = "API"


class UsagesApi:
    """Queues usages."""

    @classmethod
    def of(cls, platform: Platform) -> "UsagesApi":
        return cls()

    def record(self, uow: UnitOfWork, event_name: str, /, for_id: str | None = None, **additional: str | None) -> None:
        """
        Queue a usage for the caller, or for *for_id*. Properties without a value are left out.

        It is delivered after the commit, or never if there is none. A usage without a name is ignored.
        """
        self.record_all(uow, event_name, additional, for_id=for_id)

    def record_all(
        self, uow: UnitOfWork, event_name: str, additional: Mapping[str, str | None], *, for_id: str | None = None
    ) -> None:
        """As :meth:`record`, with properties of any name."""
        if not event_name:
            return
        call = find_current_call()
        user_id = for_id or (call.caller.user_id if call else ANONYMOUS)
        properties = {"Component": _COMPONENT, **additional}
        if call is not None:
            properties["CallId"] = call.request_id
            properties["TenantId"] = call.organization_id or additional.get("TenantId")
        given = {name: value for name, value in properties.items() if value is not None}
        uow.deliver(Message(Queue.USAGES, {"ForId": user_id, "EventName": event_name, "Additional": given}))
