"""Operators that the command line makes."""

import json

import pytest
from tenantry.access.v1 import types_pb2
from tenantry.users.v1.users_service_pb2 import GetUserRequest

from server.subdomains.users.errors import UserNotFound
from server.subdomains.users.operators import add_operator
from tests.people import an_email


@pytest.fixture(autouse=True)
def _address(server, monkeypatch):
    """The command line finds the database by the environment, which other tests' servers change."""
    monkeypatch.setenv("TENANTRY_DATABASE_URL", server.dsn)


async def test_a_registered_person_becomes_an_operator(people, users_service, server):
    person = await people.register()

    await add_operator(f" {person.email.upper()} ")

    user = (await users_service.GetUser(GetUserRequest(id=person.user_id))).user
    assert user.roles == [types_pb2.PLATFORM_ROLE_OPERATIONS, types_pb2.PLATFORM_ROLE_STANDARD]
    assert (await server.events(person.user_id))[-1] == "users.platform_role_assigned.v1"
    audits = [json.loads(text) for text in await server.queued("audits", person.user_id)]
    assert audits[-1]["AuditCode"] == "EndUser.PlatformRolesAssigned"
    assert audits[-1]["AgainstId"] == person.user_id


async def test_an_operator_stays_one(people, server):
    person = await people.register()
    await add_operator(person.email)
    events = await server.events(person.user_id)

    await add_operator(person.email)

    assert await server.events(person.user_id) == events


async def test_somebody_who_has_not_registered_is_not_found(people):
    guest = await people.invite()

    for email in (an_email(), guest.email, "no address"):
        with pytest.raises(UserNotFound):
            await add_operator(email)
