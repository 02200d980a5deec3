"""AuthenticateSingleSignOn with the token of an invitation to the platform."""

from datetime import timedelta

import grpc
import pytest
from tenantry.users.v1.users_service_pb2 import ListMembershipsForCallerRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from tests import people as guests
from tests.harness import refusal
from tests.signed_in import new_address
from tests.single_sign_on.traces import counts, users_of


@pytest.fixture
def inviting(server):
    return guests.People(server)


async def come_back_invited(client, guest, **claims):
    request = await client.come_back(**claims)
    request.invitation_token = guest.token
    return request


async def test_a_guest_accepts_with_another_address_than_the_invited_one(client, inviting, server):
    guest, address = await inviting.invite(), new_address()

    tokens = await client.finish(await come_back_invited(client, guest, email=address))

    assert tokens.user_id == guest.user_id
    assert await users_of(server, address) == [guest.user_id]


async def test_a_guest_is_found_by_the_invited_address_also_when_the_invitation_has_expired(client, inviting):
    guest = await inviting.invite(expires_in=timedelta(days=-1))

    assert (await client.sign_in(email=guest.email)).user_id == guest.user_id


async def test_a_guest_accepts_only_with_an_address_that_is_verified(client, inviting, server):
    guest = await inviting.invite()
    request = await come_back_invited(client, guest, email=guest.email, email_verified=False)
    before = await counts(server)

    assert (await refusal(client.finish(request))).reason == "SSO_AUTHENTICATION_FAILED"
    assert await counts(server) == before


async def test_an_invitation_that_was_used_is_ignored(client, inviting):
    guest = await inviting.invite()
    first = await client.finish(await come_back_invited(client, guest))

    second = await client.finish(await come_back_invited(client, guest))

    assert first.user_id == guest.user_id
    assert second.user_id != guest.user_id


async def test_whoever_is_known_needs_no_invitation(client, inviting):
    guest = await inviting.invite(expires_in=timedelta(days=-1))
    claims = {"sub": "known before", "email": new_address()}
    known = await client.sign_in(**claims)

    tokens = await client.finish(await come_back_invited(client, guest, **claims))

    assert tokens.user_id == known.user_id


async def test_an_address_that_somebody_else_has_registered(client, inviting, people, server):
    guest, somebody = await inviting.invite(), await people.person()
    request = await come_back_invited(client, guest, email=somebody.email_address)
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.ALREADY_EXISTS, "EMAIL_ALREADY_REGISTERED")
    assert await counts(server) == before


async def test_somebody_who_is_signed_in_cannot_accept(client, inviting, people, server):
    guest, somebody = await inviting.invite(), await people.person()
    request = await come_back_invited(client, guest)
    before = await counts(server)

    refused = await refusal(client.finish(request, metadata=somebody.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "INVITATION_NOT_ANONYMOUS")
    assert await counts(server) == before


async def test_an_invitation_expires(client, inviting, server):
    guest = await inviting.invite(expires_in=timedelta(seconds=-1))
    request = await come_back_invited(client, guest)
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "INVITATION_EXPIRED")
    assert await counts(server) == before


async def test_a_guest_of_an_organization_keeps_that_as_the_default_one(client, inviting, server, people):
    organization_id = await inviting.create_organization(await people.person())
    guest = await inviting.invite(organization_id=organization_id)

    tokens = await client.finish(await come_back_invited(client, guest))

    bearer = (("authorization", f"Bearer {tokens.access_token.value}"),)
    answer = await UsersServiceStub(server.channel).ListMembershipsForCaller(
        ListMembershipsForCallerRequest(), metadata=bearer
    )
    assert [each.organization_id for each in answer.memberships if each.is_default] == [organization_id]


async def test_an_invitation_to_a_team(client):
    request = await client.come_back()
    request.invitation_token = "ti1_" + "t" * 60

    refused = await refusal(client.finish(request))

    assert refused.violations == {"invitation_token": "WRONG_INVITATION_KIND"}
