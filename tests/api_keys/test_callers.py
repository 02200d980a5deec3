"""Calls with an API key: the caller is its owner, with the roles, features and memberships of that moment."""

import grpc
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RefreshTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest, GetOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub

from server.kernel import ids
from server.kernel.access.principals import CHANNEL
from server.subdomains.users.api import UsersApi
from tests.api_keys.keys import from_somewhere, shown
from tests.harness import refusal


async def test_a_key_opens_no_session_and_gives_no_tokens(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)
    sessions = AuthTokensServiceStub(server.channel)

    refused = await refusal(sessions.ListSessions(ListSessionsRequest(), metadata=shown(made.api_key)))
    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "INTERACTIVE_SESSION_REQUIRED")
    refused = await refusal(sessions.RefreshToken(RefreshTokenRequest(refresh_token=made.api_key[:43])))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")


async def test_a_role_and_a_feature_that_are_given_and_taken_count_at_once(keys, people, server):
    # given
    person = await people.person()
    made = await keys.create(person.metadata)
    assert (await refusal(keys.revoke(shown(made.api_key), made.key.id))).reason == "ROLE_REQUIRED"

    # when
    await keys.make_operator(person.email_address)

    # then
    server.database.signals.send(CHANNEL, person.user_id)  # what a command line says in another process
    spare = await keys.create(shown(made.api_key))
    await keys.revoke(shown(made.api_key), spare.key.id)
    await server.rows(
        "UPDATE users.end_user SET level = 'basic_features' WHERE id = $1", ids.decode("user", person.user_id)
    )
    server.database.signals.send(CHANNEL, person.user_id)
    assert (await refusal(keys.create(shown(made.api_key)))).reason == "FEATURE_REQUIRED"


async def test_a_membership_that_comes_and_goes_counts_at_once(keys, people, server):
    # given
    owner, person = await people.person(), await people.person()
    made = await keys.create(person.metadata)
    organizations = OrganizationsServiceStub(server.channel)
    request = CreateOrganizationRequest(name="Analytical Engines")
    organization_id = (await organizations.CreateOrganization(request, metadata=owner.metadata)).organization.id

    async def get():
        request = GetOrganizationRequest(organization_id=organization_id)
        return await organizations.GetOrganization(request, metadata=shown(made.api_key))

    assert (await refusal(get())).reason == "NOT_A_MEMBER"

    # when
    async with server.app.platform.begin() as uow:
        await UsersApi.of(server.app.platform).add_member(
            uow, user_id=person.user_id, organization_id=organization_id, organization_name="Analytical Engines"
        )

    # then
    assert (await get()).organization.id == organization_id
    await server.rows(
        "DELETE FROM users.membership WHERE user_id = $1 AND organization_id = $2",
        ids.decode("user", person.user_id),
        ids.decode("org", organization_id),
    )
    server.database.signals.send(CHANNEL, person.user_id)
    assert (await refusal(get())).reason == "NOT_A_MEMBER"


async def test_a_key_beside_a_token_is_ambiguous_even_if_both_are_good(keys, people):
    person = await people.person()
    made = await keys.create(person.metadata)

    refused = await refusal(keys.use(made.api_key, person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_AMBIGUOUS")


async def test_of_two_keys_neither_counts(keys, people):
    first, second = [(await keys.create((await people.person()).metadata)).api_key for _ in range(2)]

    refused = await refusal(keys.use(first, (*shown(second), *from_somewhere())))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")


async def test_a_bad_key_fails_a_call_that_anybody_may_make(keys):
    refused = await refusal(keys.machine(metadata=(*shown("nonsense"), *from_somewhere())))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")


async def test_a_key_is_neither_read_nor_refused_where_credentials_are_ignored(server, people):
    person, sessions = await people.person(), AuthTokensServiceStub(server.channel)

    request = RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value)
    answer = await sessions.RefreshToken(request, metadata=shown("nonsense"))

    assert answer.tokens.user_id == person.user_id
