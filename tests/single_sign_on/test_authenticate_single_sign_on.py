"""AuthenticateSingleSignOn: somebody comes back from a provider, and is who the provider says."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import jwt
import pytest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub

from server.kernel import ids
from tests.harness import properties_of, refusal
from tests.signed_in import PASSWORD, bearer, new_address
from tests.single_sign_on.clients import claims_of
from tests.single_sign_on.traces import accounts_of, audits_of, counts, users_of


async def profile_of(server, user_id):
    sql = "SELECT * FROM user_profiles.user_profile WHERE user_id = $1"
    [profile] = await server.rows(sql, ids.decode("user", user_id))
    return profile


def read(token):
    return jwt.decode(token, options={"verify_signature": False})


async def test_somebody_new_is_registered_and_signed_in(client, server):
    address = new_address()

    tokens = await client.sign_in(email=address)

    me = await IdentitiesServiceStub(server.channel).GetIdentity(
        GetIdentityRequest(), metadata=bearer(tokens.access_token.value)
    )
    assert (me.identity.id, me.identity.has_credentials) == (tokens.user_id, False)
    assert await users_of(server, address) == [tokens.user_id]
    profile = await profile_of(server, tokens.user_id)
    assert (profile["first_name"], profile["last_name"], profile["email_address"]) == ("Ada", "Lovelace", address)
    assert (profile["timezone"], profile["locale"], profile["country_code"]) == ("Europe/London", "en-GB", "USA")
    assert await server.queued("emails", address) == []


async def test_what_a_first_sign_in_records(client, server, issuer):
    address = new_address()

    tokens = await client.sign_in(sub="subject-of-records", email=address)

    [account] = await accounts_of(server, tokens.user_id)
    assert (account["issuer"], account["subject"]) == (issuer.url, "subject-of-records")
    assert (account["provider_name"], account["email_address"], account["email_verified"]) == ("acme", address, True)
    assert await server.events(ids.encode("ssouser", account["id"])) == [
        "single_sign_on.sso_user_created.v1",
        "single_sign_on.sso_user_details_changed.v1",
    ]
    assert await audits_of(server, tokens.user_id) == [
        "EndUser.Registered.TermsAccepted",
        "SingleSignOn.AutoRegistered",
        "Authentication.SSO.Passed",
    ]
    [login] = [text for text in await server.queued("usages", tokens.user_id) if '"User Login"' in text]
    properties = properties_of(login)
    assert properties.pop("DefaultOrganizationId").startswith("org_")
    assert properties == {
        "AuthProvider": "acme",
        "UserIdOverride": tokens.user_id,
        "Name": "Ada Lovelace",
        "EmailAddress": address,
    }


async def test_the_session_says_how_it_was_opened(client, server):
    now = int(datetime.now(UTC).timestamp())

    tokens = await client.sign_in(auth_time=now - 100)

    claims = read(tokens.access_token.value)
    assert (claims["amr"], claims["auth_time"], claims["sid"]) == (["fed"], now - 100, tokens.session_id)
    listed = await AuthTokensServiceStub(server.channel).ListSessions(
        ListSessionsRequest(), metadata=bearer(tokens.access_token.value)
    )
    assert [(session.provider, list(session.amr)) for session in listed.sessions] == [("acme", ["fed"])]


async def test_whoever_comes_again_is_the_same_person_whatever_the_address_says_now(client, server, people):
    somebody_else = await people.person()
    claims = claims_of(auth_time=1)
    first = await client.sign_in(**claims)
    before = await profile_of(server, first.user_id)

    changed = {"email": somebody_else.email_address, "email_verified": False, "given_name": "Augusta"}
    second = await client.sign_in(**claims | changed)

    assert (second.user_id, second.session_id) == (first.user_id, second.session_id)
    assert second.session_id != first.session_id
    [account] = await accounts_of(server, first.user_id)
    assert (account["email_address"], account["first_name"]) == (somebody_else.email_address, "Augusta")
    assert await server.events(ids.encode("ssouser", account["id"])) == [
        "single_sign_on.sso_user_created.v1",
        "single_sign_on.sso_user_details_changed.v1",
        "single_sign_on.sso_user_details_changed.v1",
    ]
    assert await profile_of(server, first.user_id) == before
    assert (await audits_of(server, first.user_id)).count("SingleSignOn.AutoRegistered") == 1


async def test_nothing_is_said_of_details_that_are_the_same(client, server):
    claims = claims_of()
    for _ in range(2):
        tokens = await client.sign_in(**claims)

    [account] = await accounts_of(server, tokens.user_id)
    assert len(await server.events(ids.encode("ssouser", account["id"]))) == 2


async def test_somebody_who_registered_by_password_is_the_same_person(client, server, people):
    person = await people.person()

    tokens = await client.sign_in(email=person.email_address.upper())

    assert tokens.user_id == person.user_id
    profile = await profile_of(server, person.user_id)
    assert profile["first_name"] == "Ana"
    # The password was confirmed, and goes on.
    assert (await people.sign_in(person.email_address)).user_id == person.user_id
    assert (await audits_of(server, person.user_id))[-3:] == [
        "SingleSignOn.AutoRegistered",
        "Authentication.SSO.Passed",
        "Authentication.Password.Passed",
    ]


async def test_a_locked_name_does_not_keep_its_owner_from_signing_in_by_a_provider(client, people):
    person = await people.person()
    for _ in range(5):
        await refusal(people.sign_in(person.email_address, "wrong"))
    assert (await refusal(people.sign_in(person.email_address, PASSWORD))).reason == "ACCOUNT_LOCKED"

    assert (await client.sign_in(email=person.email_address)).user_id == person.user_id


async def test_tokens_of_the_provider_are_kept_sealed(client, server, issuer):
    tokens = await client.sign_in(sub="sealed")

    sql = "SELECT * FROM single_sign_on.provider_auth_tokens WHERE user_id = $1"
    [row] = await server.rows(sql, ids.decode("user", tokens.user_id))
    kept = json.loads(row["tokens"])
    assert [token["type"] for token in kept] == ["access", "refresh", "other"]
    assert "refresh-sealed" not in row["tokens"]
    for table in ("kernel.event", "kernel.delivery"):
        for access_token in [*issuer.userinfo, "refresh-sealed"]:
            sql = f"SELECT count(*) FROM {table} t WHERE position($1 in to_jsonb(t)::text) > 0"
            assert (await server.rows(sql, access_token))[0]["count"] == 0


async def test_a_repeat_gets_the_same_tokens_for_ten_seconds(client, server):
    request = await client.come_back()
    request.request_id = str(uuid.uuid4())
    first = await client.finish(request)

    assert await client.finish(request) == first

    server.clock.advance(timedelta(seconds=11))
    assert (await refusal(client.finish(request))).reason == "SSO_AUTHENTICATION_FAILED"


async def test_of_several_who_come_back_with_one_state_one_is_signed_in(client, server):
    request = await client.come_back()

    answers = await asyncio.gather(*[client.finish(request) for _ in range(10)], return_exceptions=True)

    signed_in = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(signed_in) == 1
    sql = "SELECT count(*) FROM auth_tokens.session WHERE user_id = $1"
    assert (await server.rows(sql, ids.decode("user", signed_in[0].user_id)))[0]["count"] == 1


@pytest.mark.parametrize("is_known", [False, True], ids=["somebody-new", "a-person-with-a-password"])
async def test_concurrent_first_sign_ins_make_one_user_with_one_account(client, server, people, is_known):
    address = (await people.person()).email_address if is_known else new_address()
    claims = claims_of(email=address)
    requests = [await client.come_back(**claims) for _ in range(8)]
    for request in requests[::2]:  # the answer of such a call commits together with its effects
        request.request_id = str(uuid.uuid4())

    tokens = await asyncio.gather(*[client.finish(request) for request in requests])

    [user_id] = {each.user_id for each in tokens}
    assert len({each.session_id for each in tokens}) == 8
    assert await users_of(server, address) == [user_id]
    assert len(await accounts_of(server, user_id)) == 1
    assert (await audits_of(server, user_id)).count("SingleSignOn.AutoRegistered") == 1


async def test_a_person_may_have_accounts_at_several_providers(client, server, issuers):
    address = new_address()

    tokens = await client.sign_in(email=address)
    others = await client.at("google", issuers.google).sign_in(email=address)

    assert others.user_id == tokens.user_id
    assert [account["provider_name"] for account in await accounts_of(server, tokens.user_id)] == ["acme", "google"]


async def test_somebody_new_who_has_not_accepted_the_terms(client, server):
    address = new_address()
    request = await client.come_back(email=address)
    request.terms_and_conditions_accepted = False
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TERMS_NOT_ACCEPTED")
    assert await counts(server) == before


async def test_the_terms_matter_only_to_somebody_new(client, people):
    claims = claims_of(email=(await people.person()).email_address)
    for _ in range(2):
        request = await client.come_back(**claims)
        request.terms_and_conditions_accepted = False
        await client.finish(request)


async def test_a_suspended_user(client, server, people):
    claims = claims_of()
    tokens = await client.sign_in(**claims)
    await people.suspend(tokens.user_id)
    request = await client.come_back(**claims)
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    assert (await audits_of(server, tokens.user_id))[-1] == "Authentication.SSO.Failed.AccountSuspended"
    assert await counts(server) == before | {"kernel.delivery": before["kernel.delivery"] + 2}  # with its usage


async def test_a_suspended_user_who_would_be_linked(client, server, people):
    person = await people.person()
    await people.suspend(person.user_id)

    refused = await refusal(client.sign_in(email=person.email_address))

    assert refused.reason == "ACCOUNT_SUSPENDED"
    assert await accounts_of(server, person.user_id) == []


@pytest.mark.parametrize(
    "change", ["status = 'unregistered'", "classification = 'machine'"], ids=["a-guest", "a-machine"]
)
async def test_a_user_who_is_no_registered_person(client, server, change):
    claims = claims_of()
    tokens = await client.sign_in(**claims)
    await server.rows(
        f"UPDATE users.end_user SET {change}, email_address = NULL WHERE id = $1", ids.decode("user", tokens.user_id)
    )
    request = await client.come_back(**claims)
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SSO_AUTHENTICATION_FAILED")
    assert refused.metadata == {"provider": "acme"}
    assert await counts(server) == before
