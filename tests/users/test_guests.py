"""Guests: people who were invited before they register."""

import asyncio
from datetime import timedelta

import pytest
from tenantry.access.v1 import types_pb2
from tenantry.users.v1.users_service_pb2 import GetUserRequest

from server.kernel import ids
from server.kernel.access.caller import Call, Caller, Credential, set_current_call
from server.kernel.security.secrets import random_token
from server.subdomains.users.api import EmailAlreadyRegistered
from server.subdomains.users.errors import InvitationExpired, InvitationNotAnonymous
from tests.people import an_email


async def test_a_guest_registers_by_the_token_with_another_address(people, server):
    guest = await people.invite()
    email = an_email()

    person = await people.register(email=email, invitation_token=guest.token)

    assert (person.user.id, person.user.is_new) == (guest.user_id, True)
    [row] = await server.rows("SELECT * FROM users.end_user WHERE id = $1", ids.decode("user", guest.user_id))
    assert (row["email_address"], row["invitee_email"], row["accepted_email"]) == (email, guest.email, email)
    assert row["invitation_token_digest"] is None
    assert "users.guest_invitation_accepted.v1" in await server.events(guest.user_id)


async def test_a_guest_registers_by_the_invited_address_alone(people):
    guest = await people.invite()

    person = await people.register(email=guest.email)

    assert (person.user.id, person.user.is_new) == (guest.user_id, True)


async def test_by_the_address_even_an_expired_invitation_is_good(people):
    guest = await people.invite(expires_in=timedelta(seconds=-1))

    assert (await people.register(email=guest.email)).user.id == guest.user_id


async def test_by_the_token_an_expired_invitation_is_refused(people, users_service):
    guest = await people.invite(expires_in=timedelta(seconds=-1))

    with pytest.raises(InvitationExpired):
        await people.register(invitation_token=guest.token)

    assert (await users_service.GetUser(GetUserRequest(id=guest.user_id))).user.roles == []


async def test_an_unknown_token_counts_for_nothing(people):
    assert (await people.register(invitation_token=random_token())).user.is_new


async def test_a_token_is_good_once(people):
    # given
    guest = await people.invite()
    first = await people.register(invitation_token=guest.token)

    # when
    second = await people.register(invitation_token=guest.token)

    # then
    assert first.user.id == guest.user_id
    assert second.user.is_new
    assert second.user.id != guest.user_id


async def test_an_invitation_cannot_be_accepted_with_an_address_that_somebody_has_registered(people):
    person, guest = await people.register(), await people.invite()

    with pytest.raises(EmailAlreadyRegistered):
        await people.register(email=person.email, invitation_token=guest.token)


async def test_an_invitation_cannot_be_accepted_by_somebody_who_is_signed_in(people):
    guest, person = await people.invite(), await people.register()

    async def register() -> None:
        caller = Caller(person.user_id, Credential.ACCESS_TOKEN)
        set_current_call(Call(caller, "a call"))
        await people.register(invitation_token=guest.token)

    with pytest.raises(InvitationNotAnonymous):
        await asyncio.create_task(register())


async def test_two_who_register_by_one_token_are_one_person_and_a_second_one(people):
    guest = await people.invite()

    found = await asyncio.gather(*(people.register(invitation_token=guest.token) for _ in range(2)))

    assert [person.user.is_new for person in found] == [True, True]
    assert [person.user.id for person in found].count(guest.user_id) == 1


async def test_a_guest_keeps_its_memberships_and_their_last_one_stays_the_default(people, users_service, server):
    # given
    owner = await people.register()
    shared = await people.create_organization(owner)
    guest = await people.invite(organization_id=shared)

    # when
    person = await people.register(email=guest.email)

    # then
    assert person.user.default_organization_id == shared
    user = (await users_service.GetUser(GetUserRequest(id=guest.user_id))).user
    assert [membership.is_default for membership in user.memberships] == [True, False]
    assert [membership.ownership for membership in user.memberships] == [
        types_pb2.ORGANIZATION_OWNERSHIP_SHARED,
        types_pb2.ORGANIZATION_OWNERSHIP_PERSONAL,
    ]
    assert user.memberships[0].roles == [types_pb2.TENANT_ROLE_MEMBER]
    [profile] = await server.rows(
        "SELECT default_organization_id FROM user_profiles.user_profile WHERE user_id = $1",
        ids.decode("user", guest.user_id),
    )
    assert profile["default_organization_id"] == ids.decode("org", shared)
    usages = await server.queued("usages", guest.user_id)
    assert sum('"Membership Changed"' in usage for usage in usages) == 1


async def test_joining_again_changes_nothing(people, users_service, server):
    # given
    owner, person = await people.register(), await people.register()
    shared = await people.create_organization(owner)
    await people.join(person.user_id, shared)
    before = await users_service.GetUser(GetUserRequest(id=person.user_id))
    events = await server.events(person.user_id)

    # when
    await people.join(person.user_id, shared)

    # then
    assert await users_service.GetUser(GetUserRequest(id=person.user_id)) == before
    assert await server.events(person.user_id) == events
