"""Reads queued SMS: what they must say, and how."""

from dataclasses import dataclass

from server.kernel import values
from server.kernel.deliveries.envelope import Received
from server.subdomains.ancillary.dispatch import InvalidTag, is_tag
from server.subdomains.ancillary.sms.errors import InvalidPhoneNumber, SmsMissingBody, SmsMissingMessage
from server.subdomains.ancillary.sms.ports import Sms


@dataclass(frozen=True, slots=True)
class QueuedSms:
    """An SMS that somebody wants to be sent."""

    organization_id: str | None
    is_sensitive: bool
    sms: Sms


def read_sms(message: Received) -> QueuedSms:
    """
    Read a queued SMS.

    Raises:
        SmsMissingMessage: There is none.
        InvalidPhoneNumber: The recipient's number is not an international one.
        SmsMissingBody: It says nothing.
        InvalidTag: A tag is none.
    """
    given = message.body.members("Message")
    if given is None:
        raise SmsMissingMessage
    to_phone_number = values.phone(given.text("ToPhoneNumber"))
    if to_phone_number is None:
        raise InvalidPhoneNumber
    body = given.text("Body")
    if not body.strip():
        raise SmsMissingBody
    tags = given.texts("Tags")
    if not all(is_tag(tag) for tag in tags):
        raise InvalidTag
    assert message.message_id is not None, "deliver_each sees to it"
    sms = Sms(message.message_id, body, to_phone_number, tags)
    return QueuedSms(message.organization_id, message.is_sensitive, sms)
