"""
No leak: no operation tells one organization a byte of another's, nor lets it change any.

Held three times: as the server is, by row-level security without the repositories' filters, and by the filters without
row-level security. And a fourth time without either, to see that a leak would be found.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import Message

from server.composition import compose
from tests.everything.callers import ALLOWED, Caller, verdict
from tests.everything.calls import FAILURES, Answer, call_by_rest, call_natively
from tests.everything.canaries import Canaries, canaries_of, other_organizations_seen, seen, without_filters
from tests.everything.operations import OPERATIONS, Operation, by_name
from tests.everything.people import several_organizations
from tests.everything.requests import fields_of, id_prefix, is_required
from tests.everything.world import World
from tests.harness import Running, running

# What is for testing shows everything to anybody: it is the one window that is meant to.
CLOSED = [found for found in OPERATIONS if not (found.is_open and found.access.testing_only)]

Attempt = tuple[str, Message, Callable[[Answer], bool]]


@dataclass(frozen=True)
class Tenants:
    """Organizations with rows of everything, each with a member of its own, and a guest who is in the first two."""

    world: World
    members: dict[str, Caller]
    guest: Caller
    canaries: dict[str, Canaries]

    def foreign_to(self, *organization_ids: str) -> list[Canaries]:
        return [some for owner, some in self.canaries.items() if owner not in organization_ids]


@pytest_asyncio.fixture(scope="session")
async def tenants(world: World) -> Tenants:
    members, guest = await several_organizations(world.running, 3)
    for organization_id, member in members.items():
        for operation in OPERATIONS:
            if operation.is_tenanted and operation.access.idempotency:
                request = await world.requests.valid(operation, member, organization_id, is_full=True)
                await world.make(operation, request, member)
    canaries = await canaries_of(world.running, members)
    assert all(len(found) > 20 for found in canaries.values())
    return Tenants(world, members, guest, canaries)


@pytest_asyncio.fixture(scope="session")
async def by_row_security(tenants: Tenants) -> AsyncIterator[Running]:
    async with another_server(tenants, rewrite=without_filters) as found:
        yield found


@pytest_asyncio.fixture(scope="session")
async def by_filters(tenants: Tenants) -> AsyncIterator[Running]:
    async with another_server(tenants, role=None) as found:
        yield found


@asynccontextmanager
async def another_server(tenants: Tenants, **options: Any) -> AsyncIterator[Running]:
    """A server that lacks something, on the same database."""
    async with running(tenants.world.running.dsn, compose, **options) as found:
        yield found


@pytest.mark.parametrize("operation", CLOSED, ids=by_name)
async def test_nobody_sees_another_organization(tenants: Tenants, operation: Operation) -> None:
    assert await leaks(tenants, tenants.world.running, operation) == []


@pytest.mark.parametrize("operation", CLOSED, ids=by_name)
async def test_nobody_sees_it_by_rest(tenants: Tenants, operation: Operation) -> None:
    own, *_ = tenants.members
    client = tenants.world.ways.internal if operation.is_service_only else tenants.world.ways.client
    for route in operation.routes:
        request = await tenants.world.requests.valid(operation, tenants.members[own], own, is_full=True)
        answer = await call_by_rest(client, route, request, tenants.members[own].metadata)
        assert seen(tenants.foreign_to(own), answer.everything, request.SerializeToString()) == []


@pytest.mark.parametrize("operation", CLOSED, ids=by_name)
async def test_row_level_security_holds_alone(tenants: Tenants, by_row_security: Running, operation: Operation) -> None:
    assert await leaks(tenants, by_row_security, operation) == []


@pytest.mark.parametrize("operation", CLOSED, ids=by_name)
async def test_the_filters_hold_alone(tenants: Tenants, by_filters: Running, operation: Operation) -> None:
    assert await leaks(tenants, by_filters, operation) == []


# sample: without Cars and Bookings, no operation lists rows of organizations that could leak
async def test_a_leak_would_be_found(tenants: Tenants) -> None:
    found = []
    async with another_server(tenants, rewrite=without_filters, role=None) as careless:
        for operation in CLOSED:
            if operation.is_tenanted and operation.changes_nothing:
                found += await leaks(tenants, careless, operation)
    assert found != []


# end of sample


async def leaks(tenants: Tenants, server: Running, operation: Operation) -> list[str]:
    """What an operation tells or lets somebody do who should not, over all pairs of neighbouring organizations."""
    found = []
    organization_ids = list(tenants.members)
    neighbours = zip(organization_ids, organization_ids[1:] + organization_ids[:1], strict=True)
    for own, other in [next(neighbours)] if operation.is_open else neighbours:  # open ones ask nobody who he is
        member = tenants.members[own]
        found += await told(tenants, server, operation, member, own, other, tenants.foreign_to(own))
    first, second, third = organization_ids
    shown = [first] if operation.is_tenanted else [first, second]
    found += await told(tenants, server, operation, tenants.guest, first, third, tenants.foreign_to(*shown))
    return found


async def told(
    tenants: Tenants,
    server: Running,
    operation: Operation,
    caller: Caller,
    own: str,
    other: str,
    foreign: list[Canaries],
) -> list[str]:
    """What is wrong with the answers to somebody who asks for what is his, and for what is the other's."""
    found = []
    for name, request, is_allowed in await attempts(tenants, operation, caller, own, other):
        answer = await call_natively(server.channel, operation, request, caller.metadata)
        bytes_seen = seen(foreign, answer.everything, request.SerializeToString())
        if operation.is_tenanted:
            bytes_seen += other_organizations_seen(own, answer.everything, request.SerializeToString())
        found += [f"{name}: {canary!r}" for canary in bytes_seen[:3]]
        if not is_allowed(answer):
            found.append(f"{name}: {answer.says}")
    return found


async def attempts(tenants: Tenants, operation: Operation, caller: Caller, own: str, other: str) -> list[Attempt]:
    """Requests for one's own, for the other's by its ids, for the other organization, and for the rest of its list."""
    requests, stranger = tenants.world.requests, tenants.members[other]
    least = await requests.valid(operation, caller, own)
    found: list[Attempt] = [("own", least, works)]
    if not operation.access.idempotency and not all(is_required(field) for field in fields_of(least)):
        found.append(("own, in full", await requests.valid(operation, caller, own, is_full=True), works))
    ids = [field for field in fields_of(least) if id_prefix(field) not in ("", "org")]
    theirs = await requests.valid(operation, stranger, other, is_full=True) if ids else least
    is_harmless = operation.changes_nothing or verdict(operation, caller, own) != ALLOWED
    for field in ids:
        stolen = operation.request()
        stolen.CopyFrom(least)
        setattr(stolen, field.name, getattr(theirs, field.name))
        found.append((f"their {field.name}", stolen, works if is_harmless else is_not_found))
    if operation.is_tenanted or operation.acts_on_an_organization:
        request = operation.request(**{operation.organization_field: other})
        found.append(("their organization", request, is_not_a_member))
    if "page_token" in least.DESCRIPTOR.fields_by_name:
        token = await their_token(tenants, operation, stranger)
        found.append(("their next page", operation.request(page_token=token), works))
    return found


def works(answer: Answer) -> bool:
    """Whether the server knew what to say."""
    return answer.code not in FAILURES


def is_not_found(answer: Answer) -> bool:
    # A key is a user's and no organization's: who has its id, which is in its text, may learn that it is somebody's.
    # Who is in no sign-in, or has no second factors, is refused before anything is looked for.
    told = ("API_KEY_NOT_OWNER", "ALREADY_AUTHENTICATED", "MFA_NOT_ENABLED")
    return answer.code is grpc.StatusCode.NOT_FOUND or answer.reason in told


def is_not_a_member(answer: Answer) -> bool:
    return answer.says == "PERMISSION_DENIED NOT_A_MEMBER"


async def their_token(tenants: Tenants, operation: Operation, stranger: Caller) -> str:
    """The token of the second page of somebody else's list; any other text when it has only one page."""
    has_pages = "page_size" in operation.request.DESCRIPTOR.fields_by_name
    request = operation.request(page_size=1) if has_pages else operation.request()
    answer = await tenants.world.call(operation, request, stranger)
    token: str = getattr(operation.response.FromString(answer.body), "next_page_token", "") if answer.is_ok else ""
    return token or "none"
