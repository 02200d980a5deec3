"""
Lists (AIP-158, AIP-132): pages by keyset, in an order the caller names.

A page token holds where the last page ended, sealed and bound to the caller and to everything else in the request, so
it can be neither read, nor changed, nor used for another question.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import ColumnElement, FromClause, Integer, Select, and_, bindparam, func, or_, select

from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.security.secrets import SecretKeys, Unreadable

_DEFAULT_SIZE = 100
_LARGEST_SIZE = 1000
_PURPOSE = "page-token"
_OF_ONE_PAGE = frozenset({"page_token", "page_size"})  # all else in a request says what the list is


@dataclass(frozen=True)
class Ordering:
    """The fields a list may be ordered by, and what happens when none is named. Ties are broken by id."""

    fields: Sequence[str]
    default: str

    def parse(self, order_by: str) -> tuple[str, bool]:
        """
        The field and whether it descends.

        Raises:
            ValueError: It is not one of the fields.
        """
        words = (order_by or self.default).split()
        if not 1 <= len(words) <= 2 or words[0] not in self.fields or words[1:] not in ([], ["asc"], ["desc"]):
            raise ValueError(f"must be one of {', '.join(self.fields)}, with an optional ' desc'")
        return words[0], words[1:] == ["desc"]


@dataclass(frozen=True)
class Page:
    """One page that is asked for."""

    size: int
    field: str
    is_descending: bool
    after: tuple[Any, str] | None
    binding: bytes


@dataclass(frozen=True)
class Paged:
    """One page that was found, and where the next one starts."""

    items: Sequence[Any]
    next_page_token: str
    total_size: int


class Lists:
    """Reads what a list request asks for and makes the tokens that go on from there."""

    def __init__(self, secrets: SecretKeys) -> None:
        self._secrets = secrets

    def violations(self, request: Any, ordering: Ordering) -> Iterator[Violation]:
        """What is wrong with the list fields of a request."""
        try:
            ordering.parse(request.order_by)
        except ValueError as error:
            yield Violation("order_by", "INVALID_ORDER_BY", str(error))
            return
        yield from self.token_violations(request)

    def token_violations(self, request: Any) -> Iterator[Violation]:
        """What is wrong with the page token of a request."""
        try:
            self.after(request)
        except Unreadable:
            yield Violation("page_token", "INVALID_PAGE_TOKEN", "must be a token from an answer to the same request")

    def page(self, request: Any, ordering: Ordering) -> Page:
        """The page that a valid request asks for."""
        field, is_descending = ordering.parse(request.order_by)
        size = min(request.page_size or _DEFAULT_SIZE, _LARGEST_SIZE)
        return Page(size, field, is_descending, self.after(request), _binding(request))

    def paged(self, page: Page, rows: Sequence[Any], key: Callable[[Any], tuple[Any, str]]) -> Paged:
        """What a query for one row more than the page holds has found. Each row has ``total_size``."""
        items = rows[: page.size]
        total = rows[0].total_size if rows else 0
        if len(rows) <= page.size:
            return Paged(items, "", total)
        return Paged(items, self._seal(key(items[-1]), page.binding), total)

    def token(self, request: Any, position: tuple[Any, str]) -> str:
        """The page token that goes on after *position* in what *request* asks for."""
        return self._seal(position, _binding(request))

    def after(self, request: Any) -> tuple[Any, str] | None:
        """
        The position after which a request goes on, if it has a page token.

        Raises:
            Unreadable: The token is not from an answer to the same request.
        """
        if not request.page_token:
            return None
        try:
            sealed = base64.b64decode(request.page_token, altchars=b"-_", validate=True)
        except ValueError:
            raise Unreadable from None
        value, id = json.loads(self._secrets.open(_PURPOSE, sealed, _binding(request)))
        return _read(value), id

    def _seal(self, position: tuple[Any, str], binding: bytes) -> str:
        value, id = position
        sealed = self._secrets.seal(_PURPOSE, json.dumps([_write(value), id]).encode(), binding)
        return base64.urlsafe_b64encode(sealed).decode()


def after(page: Page) -> dict[str, Any]:
    """The parameters that a :class:`ListQuery` adds for *page*."""
    value, id = page.after or (None, None)
    found = {"page_limit": page.size + 1}
    return found if page.after is None else found | {"after_value": value, "after_id": id}


class ListQuery:
    """
    One list of a repository: rows of a table that match *filters*, in any order its callers may name.

    The texts differ only in order and starting point, and each is made once.
    """

    def __init__(
        self,
        table: FromClause,
        *filters: ColumnElement[bool],
        columns: Mapping[str, ColumnElement[Any]],
        id: ColumnElement[Any],
    ) -> None:
        total = select(func.count()).select_from(table).where(*filters).scalar_subquery()
        self._query = select(table, total.label("total_size")).where(*filters)
        self._columns = columns
        self._id = id
        self._made: dict[tuple[Any, ...], Select[Any]] = {}

    def of(self, page: Page) -> Select[Any]:
        """The select for *page*. Its parameters are those of the filters and of :func:`after`."""
        is_first, is_unset = page.after is None, page.after is not None and page.after[0] is None
        shape = (page.field, page.is_descending, is_first, is_unset)
        found = self._made.get(shape)
        if found is None:
            found = self._made[shape] = _keyset(self._query, page, self._columns[page.field], self._id)
        return found


def _keyset(query: Select[Any], page: Page, column: ColumnElement[Any], id_column: ColumnElement[Any]) -> Select[Any]:
    # Rows without a value come last in either direction.
    ascending = not page.is_descending
    order = column.asc() if ascending else column.desc()
    id_order = id_column.asc() if ascending else id_column.desc()
    query = query.order_by(order.nulls_last(), id_order).limit(bindparam("page_limit", type_=Integer()))
    if page.after is None:
        return query
    id = bindparam("after_id", type_=id_column.type)
    beyond = id_column > id if ascending else id_column < id
    if page.after[0] is None:
        return query.where(and_(column.is_(None), beyond))
    value = bindparam("after_value", type_=column.type)
    later = column > value if ascending else column < value
    return query.where(or_(later, and_(column == value, beyond), column.is_(None)))


def _binding(request: Message) -> bytes:
    bare = type(request)()
    bare.CopyFrom(request)
    for field in _OF_ONE_PAGE.intersection(bare.DESCRIPTOR.fields_by_name):
        bare.ClearField(field)
    call = current_call()
    about = f"{call.method}|{call.caller.user_id}|{call.organization_id}|".encode()
    return hashlib.sha256(about + bare.SerializeToString(deterministic=True)).digest()


def _write(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _read(value: Any) -> Any:
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
