"""What belongs to one organization alone, read out of the tables: no byte of it may reach another organization."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ClauseElement, Column, true
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression

from server.kernel import ids
from server.kernel.database.types import TENANT, is_tenant_table
from tests.everything.rows import tables
from tests.harness import Running

_ORGANIZATION = re.compile(rb"org_[0-7][0-9a-hjkmnp-tv-z]{25}")
_SHORTEST = 8  # shorter texts are words that everybody uses
_OF_CALLS = {"call_id", "CallId"}  # counted on by the process, so that one is the beginning of another
Canaries = frozenset[bytes]


async def canaries_of(running: Running, organization_ids: Iterable[str]) -> dict[str, Canaries]:
    """Of each organization every id and every text that stands in its rows and in nobody else's."""
    found: dict[str, set[str]] = {organization_id: set() for organization_id in organization_ids}
    marks = {str(ids.decode("org", organization_id)): organization_id for organization_id in found}
    others: set[str] = set()
    for name in await tables(running):
        for row in await running.rows(f"SELECT to_jsonb(t)::text AS text FROM {name} t"):
            values = set(_leaves(json.loads(row["text"])))
            owners = [marks[value] for value in values if value in marks]
            for place in [found[owner] for owner in owners] or [others]:
                place.update(values)
    return {
        organization_id: frozenset(
            form
            for value in own.difference(others, *(found[other] for other in found if other != organization_id))
            for form in _forms(value)
        )
        for organization_id, own in found.items()
    }


def seen(canaries: Iterable[Canaries], answer: bytes, request: bytes) -> list[bytes]:
    """The canaries in an answer that the caller did not bring along."""
    return [canary for some in canaries for canary in some if canary in answer and canary not in request]


def other_organizations_seen(own: str, answer: bytes, request: bytes) -> list[bytes]:
    """The organizations that an answer speaks of, but for the one that it is for."""
    return [found for found in _ORGANIZATION.findall(answer) if found != own.encode() and found not in request]


def without_filters(element: ClauseElement) -> ClauseElement:
    """A statement without its own comparisons with the organization of the call: row-level security must do alone."""
    rewritten: ClauseElement = visitors.replacement_traverse(element, {}, _without_comparison)  # type: ignore[call-overload]
    return rewritten


def _without_comparison(part: Any, **_: Any) -> Any:
    if isinstance(part, BinaryExpression) and part.operator is operators.eq and _compares(part.left, part.right):
        return true()
    return None


def _compares(left: Any, right: Any) -> bool:
    is_column = isinstance(left, Column) and left.name == TENANT and is_tenant_table(left.table)
    return is_column and isinstance(right, BindParameter)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _OF_CALLS:
                yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str):
        yield value
        if value.startswith('{"'):  # a message that waits, or the data of an event, as text
            yield from _leaves(json.loads(value))


def _forms(value: str) -> Iterator[bytes]:
    """How a value may look in an answer."""
    try:
        suffix = ids.encode("x", UUID(value)).removeprefix("x_")
    except ValueError:
        suffix = ""
    if suffix:
        yield suffix.encode()
    if len(value) >= _SHORTEST:
        yield value.encode()
