"""
Reads queued messages as the deliver operations receive them, whoever queued them.

Names are read in any case, unknown members are ignored, and what is null is absent.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from server.kernel import ids
from server.kernel.errors import FailedPrecondition

LARGEST = 1024 * 1024  # bytes of a message
_UNKNOWN_REGION = "unknown"
_TIMED = 7  # the version of UUIDs that begin with the time
# PostgreSQL keeps neither of them: the null character, and halves of a character that have lost each other.
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class InvalidMessage(FailedPrecondition):
    """There is nothing to read, or too much."""

    reason = "INVALID_MESSAGE"
    message = "The message is empty, or larger than 1 MiB."


class InvalidQueuedMessage(FailedPrecondition):
    """It is not what a queue holds."""

    reason = "INVALID_QUEUED_MESSAGE"
    message = "The message is not a JSON object."


class InvalidMessageId(FailedPrecondition):
    """It has no id that repeats could be known by."""

    reason = "INVALID_MESSAGE_ID"
    message = "MessageId must be an id with the prefix msg."


class InvalidTenantId(FailedPrecondition):
    """It does not say in which organization."""

    reason = "INVALID_TENANT_ID"
    message = "TenantId must be an id with the prefix org."


class Members:
    """The members of a JSON object. Each reader refuses a value of another type; what is absent is empty."""

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = {name.lower(): value for name, value in values.items() if value is not None}
        self._path = path

    def text(self, name: str) -> str:
        """A text."""
        value: str = self._values.get(name.lower(), "")
        return value if _is_text(value) else self._refuse(name, "a text")

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        value = self._values.get(name.lower(), [])
        if not isinstance(value, list) or not all(_is_text(item) for item in value):
            self._refuse(name, "a list of texts")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._values.get(name.lower(), False)
        return value if isinstance(value, bool) else self._refuse(name, "true or false")

    def whole_number(self, name: str) -> int:
        """A whole number."""
        value = self._values.get(name.lower(), 0)
        return value if type(value) is int else self._refuse(name, "a whole number")

    def text_map(self, name: str) -> dict[str, str]:
        """An object of texts, its names as they are."""
        value = self._values.get(name.lower(), {})
        if not isinstance(value, dict):
            self._refuse(name, "an object of texts")
        given = {key: item for key, item in value.items() if item is not None}
        if not all(_is_text(key) and _is_text(item) for key, item in given.items()):
            self._refuse(name, "an object of texts")
        return given

    def value(self, name: str) -> Any:
        """Whatever it is, if it is there."""
        value = self._values.get(name.lower())
        return value if not isinstance(value, str) or _is_text(value) else self._refuse(name, "a text")

    def objects(self, name: str) -> "dict[str, Members]":
        """An object of objects, its names as they are."""
        value = self._values.get(name.lower(), {})
        if not isinstance(value, dict):
            self._refuse(name, "an object of objects")
        given = {key: item for key, item in value.items() if item is not None}
        if not all(_is_text(key) and isinstance(item, dict) for key, item in given.items()):
            self._refuse(name, "an object of objects")
        return {key: Members(item, f"{self._path}{name}[].") for key, item in given.items()}

    def members(self, name: str) -> "Members | None":
        """An object, if it is there."""
        value = self._values.get(name.lower())
        if value is None:
            return None
        return Members(value, f"{self._path}{name}.") if isinstance(value, dict) else self._refuse(name, "an object")

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        raise InvalidQueuedMessage(f"{self._path}{name} must be {wanted}.")


@dataclass(frozen=True, slots=True)
class Received:
    """One message: what its envelope says, and the members of its body."""

    key: UUID  # of the message id, or a new one where there is none
    message_id: str | None
    call_id: str
    organization_id: str | None
    origin_region: str
    is_sensitive: bool
    body: Members

    def queued_at(self, now: datetime) -> datetime:
        """When it was queued: the time in its id, unless that is no UUIDv7, or one of a time to come."""
        milliseconds = self.key.int >> 80
        if self.message_id is None or self.key.version != _TIMED or milliseconds > now.timestamp() * 1000:
            return now
        return datetime.fromtimestamp(milliseconds / 1000, UTC)


def members_of(text: str) -> Members:
    """
    Read a message.

    Raises:
        InvalidMessage: It is empty or too large.
        InvalidQueuedMessage: It is not a JSON object.
    """
    if not text or len(text.encode()) > LARGEST:
        raise InvalidMessage
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidQueuedMessage from None
    if not isinstance(value, dict):
        raise InvalidQueuedMessage
    return Members(value)


def message_id_of(members: Members) -> str | None:
    """
    Read the id of a message.

    Raises:
        InvalidMessageId: It is malformed, or an id of another kind.
    """
    message_id = members.text("MessageId")
    if message_id and not ids.is_id("msg", message_id):
        raise InvalidMessageId
    return message_id or None


def received(members: Members, message_id: str | None) -> Received:
    """
    Read the rest of an envelope.

    Raises:
        InvalidTenantId: It names no well-formed organization.
    """
    organization_id = members.text("TenantId")
    if organization_id and not ids.is_id("org", organization_id):
        raise InvalidTenantId
    return Received(
        key=ids.decode("msg", message_id) if message_id else ids.uuid7(),
        message_id=message_id,
        call_id=members.text("CallId"),
        organization_id=organization_id or None,
        origin_region=members.text("OriginHostRegion") or _UNKNOWN_REGION,
        is_sensitive=members.flag("Sensitive"),
        body=members,
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and _NOT_TEXT.search(value) is None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
