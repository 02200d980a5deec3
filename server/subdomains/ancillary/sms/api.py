"""What other subdomains may ask of SMS, within their own unit of work."""

from collections.abc import Sequence

from server.kernel.database import UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.subdomain import Platform


class SmsApi:
    """Queues SMS from the platform's sender. They are sent after the commit, or never if there is none."""

    @classmethod
    def of(cls, platform: Platform) -> "SmsApi":
        return cls()

    def send(
        self,
        uow: UnitOfWork,
        *,
        body: str,
        to_phone_number: str,
        tags: Sequence[str] = (),
        is_sensitive: bool = False,
    ) -> str:
        """
        Queue an SMS and return its message id, which the events of SMS bear.

        Set *is_sensitive* when it holds a one-time code: it is erased here once it is sent.
        """
        content = {"Body": body, "ToPhoneNumber": to_phone_number, "Tags": list(tags)}
        message = Message(Queue.SMS, {"Message": content}, is_sensitive=is_sensitive)
        uow.deliver(message)
        return message.id
