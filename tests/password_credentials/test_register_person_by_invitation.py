"""RegisterPerson with the token of an invitation to the platform."""

from datetime import timedelta

import grpc
import pytest_asyncio

from tests import people as guests
from tests.harness import refusal
from tests.signed_in import new_address, registration


@pytest_asyncio.fixture
async def inviting(server):
    return guests.People(server)


async def test_a_guest_registers_with_another_address_than_the_invited_one(people, inviting):
    guest, address = await inviting.invite(), new_address()

    person, _ = await people.register(email_address=address, invitation_token=guest.token)

    assert person.user.id == guest.user_id
    await people.confirm(guest.user_id)
    assert (await people.sign_in(address)).user_id == guest.user_id


async def test_a_guest_is_found_by_the_invited_address(people, inviting):
    guest = await inviting.invite(expires_in=timedelta(days=-1))

    person, _ = await people.register(email_address=guest.email)

    assert person.user.id == guest.user_id
    await people.confirm(guest.user_id)
    assert (await people.sign_in(guest.email)).user_id == guest.user_id


async def test_an_invitation_that_was_used_is_ignored(people, inviting):
    guest = await inviting.invite()
    await people.register(invitation_token=guest.token)

    person, _ = await people.register(invitation_token=guest.token)

    assert person.user.id != guest.user_id


async def test_an_address_that_somebody_else_has_registered_is_refused(people, inviting):
    guest, somebody = await inviting.invite(), await people.person()

    refused = await refusal(
        people.service.RegisterPerson(registration(email_address=somebody.email_address, invitation_token=guest.token))
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.ALREADY_EXISTS, "EMAIL_ALREADY_REGISTERED")


async def test_somebody_who_is_signed_in_cannot_accept_an_invitation(people, inviting):
    guest, somebody = await inviting.invite(), await people.person()

    refused = await refusal(
        people.service.RegisterPerson(registration(invitation_token=guest.token), metadata=somebody.metadata)
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "INVITATION_NOT_ANONYMOUS")


async def test_an_invitation_expires(people, inviting):
    guest = await inviting.invite(expires_in=timedelta(seconds=-1))

    refused = await refusal(people.service.RegisterPerson(registration(invitation_token=guest.token)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "INVITATION_EXPIRED")
