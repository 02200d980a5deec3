"""
A valid request for any operation, made from its descriptor, the rules of its fields, and a few words.

What a field needs is looked for in this order: values for this operation and field that tests bring along; ids of
things, which are made by whatever operation makes such a thing; words that several contracts use; the field's rules.
"""

import itertools
import re
import secrets
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from buf.validate import validate_pb2
from google.api.field_behavior_pb2 import REQUIRED, FieldBehavior, field_behavior
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Value as JsonValue
from google.protobuf.timestamp_pb2 import Timestamp

from server.kernel import ids
from tests.everything.callers import Caller
from tests.everything.operations import OPERATIONS, Operation

Value = Callable[[Caller, str], Awaitable[Any]]
Make = Callable[[Operation, Message, Caller], Awaitable[Message]]

_ID = re.compile(r"\^([a-z]+)_\[0-7\]")
_TOKEN = re.compile(r"\{43\}")
# What no rule can say: what a plate or a password looks like to the subdomain that reads it.
WORDS: dict[str, Any] = {
    "make": "Honda",
    "model": "Civic",
    "against_id": "user_1",
    "audit_code": "EndUser.*",
    "host_region": "here",
    "event_name": "User Login",
    "user_id": "anonymous",
    "jurisdiction": "New Zealand",
    "year": 2023,
    "first_name": "Ana",
    "last_name": "Silva",
    "name": "Ana & Co",
    "password": "seven purple otters sing",
    "timezone": "Pacific/Auckland",
    "locale": "en-NZ",
    "country_code": "NZL",
    "provider": "credentials",
    "tags": ["registration"],
    "url": "https://hooks.example.com/tenantry",
    "event_types": ["*"],
    "to_email_address": "somebody@example.com",
    "to_phone_number": "+6421300033",
    "receipt_id": "receipt-of-nobody",
    "reason": "nobody there",
    "subscription_name": "tenantry-testing",
    "event_type": "ThingHappened",
    "stream_name": "Thing_of_nobody",
    "additional": {"Path": JsonValue(string_value="/cars")},
    "number_plate": lambda: f"P{secrets.token_hex(4).upper()}",
    "email_address": lambda: f"someone-{secrets.token_hex(6)}@example.com",
    "username": lambda: f"nobody-{secrets.token_hex(6)}@example.com",
}


class Requests:
    """Makes requests of one running server."""

    def __init__(self, make: Make, values: Mapping[str, Value] | None = None) -> None:
        """*make* calls an operation that makes a thing; *values* are those of ``Operation.field``."""
        self._make = make
        self._values = dict(values or {})
        self._hours = itertools.count(48, 2)

    async def valid(
        self, operation: Operation, caller: Caller, organization_id: str, *, is_full: bool = False
    ) -> Message:
        """A request that *caller* may make for an organization; with its optional fields when it is full."""
        request = operation.request()
        starts_at = datetime.now(UTC) + timedelta(hours=next(self._hours))
        for field in fields_of(request):
            is_given = f"{operation.name}.{field.name}" in self._values
            if is_required(field) or is_full or is_given or field.name == operation.organization_field:
                value = await self._value(operation, field, caller, organization_id, starts_at)
                assign(request, field, value)
        return request

    async def _value(
        self, operation: Operation, field: FieldDescriptor, caller: Caller, organization_id: str, starts_at: datetime
    ) -> Any:
        given = self._values.get(f"{operation.name}.{field.name}")
        if given is not None:
            return await given(caller, organization_id)
        if field.name == operation.organization_field or id_prefix(field) == "org":
            return organization_id
        if field.message_type is Timestamp.DESCRIPTOR:
            return self._instant(field, starts_at)
        if field.message_type is HttpBody.DESCRIPTOR:
            return HttpBody(content_type="application/octet-stream")
        prefix = id_prefix(field)
        if prefix == "msg":  # of a queued message, which no operation makes
            return ids.new_id("msg")
        if prefix == "user":
            return caller.user_id
        if prefix:
            return await self.existing(prefix, caller, organization_id)
        if field.name in WORDS:
            word = WORDS[field.name]
            return word() if callable(word) else word
        return _by_rules(field)

    async def existing(self, prefix: str, caller: Caller, organization_id: str) -> str:
        """The id of a new thing of this kind, made by the operation that makes such things."""
        operation = maker_of(prefix)
        request = await self.valid(operation, caller, organization_id)
        answer = await self._make(operation, request, caller)
        made: str = getattr(answer, operation.response.DESCRIPTOR.fields[0].name).id
        return made

    def _instant(self, field: FieldDescriptor, starts_at: datetime) -> Timestamp:
        found = Timestamp()
        hours = {"ends_at": 1, "since_at": -24 * 365, "start_at": -24 * 365}.get(field.name, 0)
        found.FromDatetime(starts_at + timedelta(hours=hours))
        return found


def maker_of(prefix: str) -> Operation:
    """
    The operation that makes things with ids of this prefix: it has a request_id, and answers with a thing of that name.

    Raises:
        LookupError: There is none: a test must bring the id along.
    """
    for operation in OPERATIONS:
        answers = [field.name for field in operation.response.DESCRIPTOR.fields]
        needs = operation.request.DESCRIPTOR.fields_by_name
        if operation.access.idempotency and answers == [prefix] and "id" not in needs:
            return operation
    raise LookupError(f"no operation makes what has ids of {prefix}")


def fields_of(request: Message) -> list[FieldDescriptor]:
    """The fields of a message."""
    found: list[Any] = list(request.DESCRIPTOR.fields)
    return found


def is_required(field: FieldDescriptor) -> bool:
    """Whether a request is not valid without this field."""
    behaviors: Iterable[FieldBehavior] = field.GetOptions().Extensions[field_behavior]
    return REQUIRED in behaviors


def rules_of(field: FieldDescriptor) -> Any:
    """The rules that the contract has for a field."""
    return field.GetOptions().Extensions[validate_pb2.field]


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field holds names with a value each."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def id_prefix(field: FieldDescriptor) -> str:
    """The kind of id that a field takes; empty when it takes none."""
    found = _ID.match(rules_of(field).string.pattern)
    return found[1] if found else ""


def assign(request: Message, field: FieldDescriptor, value: Any) -> None:
    """Set a field of any kind; nothing for None."""
    if value is None:
        request.ClearField(field.name)
    elif is_map(field):
        request.ClearField(field.name)
        for key, each in value.items():
            getattr(request, field.name)[key].CopyFrom(each)
    elif field.is_repeated:
        request.ClearField(field.name)
        getattr(request, field.name).extend(value)
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        getattr(request, field.name).CopyFrom(value)
    else:
        setattr(request, field.name, value)


def _by_rules(field: FieldDescriptor) -> Any:
    rules = rules_of(field)
    if field.is_repeated:
        return ["word"] * max(1, rules.repeated.min_items)
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text_by_rules(field.name, rules.string)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.type == FieldDescriptor.TYPE_ENUM:
        assert field.enum_type is not None
        return field.enum_type.values[1].number
    return max(rules.int32.gte, 1)


def _text_by_rules(name: str, rules: Any) -> str | None:
    shortest: int = rules.min_len
    if rules.uuid:
        return str(uuid.uuid4())
    if _TOKEN.search(rules.pattern):
        return secrets.token_urlsafe(32)
    assert not rules.pattern, f"{name} has a pattern that needs a word"
    if name in ("page_token", "order_by"):
        return None
    return "w" * max(shortest, 1)
