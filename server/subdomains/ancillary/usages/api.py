"""What other subdomains may ask of usages, within their own unit of work."""

from server.kernel.access.caller import ANONYMOUS, find_current_call
from server.kernel.database import UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.subdomain import Platform


class UsagesApi:
    """Queues usages."""

    @classmethod
    def of(cls, platform: Platform) -> "UsagesApi":
        return cls()

    def record(self, uow: UnitOfWork, event_name: str, /, for_id: str | None = None, **additional: str | None) -> None:
        """
        Queue a usage for the caller, or for *for_id*. Properties without a value are left out.

        It is delivered after the commit, or never if there is none.
        """
        call = find_current_call()
        user_id = for_id or (call.caller.user_id if call else ANONYMOUS)
        properties = {name: value for name, value in additional.items() if value is not None}
        uow.deliver(Message(Queue.USAGES, {"ForId": user_id, "EventName": event_name, "Additional": properties}))
