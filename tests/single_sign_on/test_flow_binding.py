"""A sign-in is finished once, in time, at its own provider, and by the client that started it."""

import hashlib
import secrets
from datetime import timedelta

import grpc
import pytest
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import AuthenticateSingleSignOnRequest

from tests.harness import refusal
from tests.single_sign_on.clients import SsoClient
from tests.single_sign_on.traces import counts

_FAILED = (grpc.StatusCode.UNAUTHENTICATED, "SSO_AUTHENTICATION_FAILED")


@pytest.fixture
def announcing(server, issuers) -> SsoClient:
    """A client at a provider that says with each code whose it is (RFC 9207)."""
    return SsoClient(server, "announcing", issuers.announcing)


async def fails(client, server, request, detail, caplog):
    """The attempt is refused for this reason, without a word to the provider, and leaves nothing."""
    client.issuer.forms.clear()
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == _FAILED
    assert refused.metadata == {"provider": request.provider.lower()}
    assert [record.detail for record in caplog.records if hasattr(record, "provider")] == [detail]
    assert client.issuer.forms == []
    assert await counts(server) == before


async def is_used_up(server, request):
    sql = "SELECT used_at FROM single_sign_on.sso_flow WHERE state_digest = $1"
    [row] = await server.rows(sql, hashlib.sha256(request.state.encode()).digest())
    return row["used_at"] is not None


async def test_a_state_that_nobody_has_started(client, server, caplog):
    request = await client.come_back()
    request.state = secrets.token_urlsafe(32)

    await fails(client, server, request, "no such sign-in was started, or it was finished before", caplog)


async def test_a_sign_in_that_is_finished(client, server, caplog):
    request = await client.come_back()
    await client.finish(request)

    await fails(client, server, request, "no such sign-in was started, or it was finished before", caplog)


async def test_the_verifier_of_another_client(client, server, caplog):
    request = await client.come_back()
    request.code_verifier = secrets.token_urlsafe(32)

    await fails(client, server, request, "the code verifier is not that of the client that started the sign-in", caplog)

    assert await is_used_up(server, request)


async def test_the_challenge_itself_is_no_verifier(client, server, caplog):
    request = await client.come_back()
    digest = hashlib.sha256(request.state.encode()).digest()
    [flow] = await server.rows("SELECT * FROM single_sign_on.sso_flow WHERE state_digest = $1", digest)
    request.code_verifier = flow["code_challenge"]

    await fails(client, server, request, "the code verifier is not that of the client that started the sign-in", caplog)


async def test_a_sign_in_at_another_provider(client, server, caplog):
    request = await client.come_back()
    request.provider = "google"

    await fails(client, server, request, "the sign-in is one at another provider", caplog)

    assert await is_used_up(server, request)


async def test_a_sign_in_lasts_ten_minutes_and_not_a_moment_longer(client, server, caplog):
    in_time, too_late = await client.come_back(), await client.come_back()
    sql = "UPDATE single_sign_on.sso_flow SET expires_at = $2 WHERE state_digest = $1"
    now = server.clock()
    for request in (in_time, too_late):
        await server.rows(sql, hashlib.sha256(request.state.encode()).digest(), now)

    server.clock.stop_at(now - timedelta(microseconds=1))
    assert (await client.finish(in_time)).user_id
    server.clock.stop_at(now)
    await fails(client, server, too_late, "the sign-in has expired", caplog)


async def test_a_provider_that_is_not_configured_uses_nothing_up(client, server, caplog):
    request = await client.come_back()
    request.provider = "Nobody"

    await fails(client, server, request, "there is no such provider", caplog)

    request.provider = "acme"
    assert (await client.finish(request)).user_id


async def test_a_code_that_is_another_issuers(client, server, caplog):
    """The mix-up: a provider that somebody else runs has the browser bring its code to us as one of Acme's."""
    request = await client.come_back()
    request.iss = "https://attacker.example.com"

    await fails(client, server, request, "the code came from another issuer", caplog)

    assert await is_used_up(server, request)


async def test_an_issuer_that_is_the_right_one(client, issuer):
    request = await client.come_back()
    request.iss = issuer.url

    assert (await client.finish(request)).user_id


async def test_a_provider_that_says_whose_its_codes_are(announcing):
    request = await announcing.come_back()

    assert request.iss == announcing.issuer.url
    assert (await announcing.finish(request)).user_id


async def test_its_code_without_the_issuer(announcing, server, caplog):
    request = await announcing.come_back()
    request.iss = ""

    await fails(announcing, server, request, "the code came without the iss that the provider gives", caplog)


async def test_the_provider_gets_the_verifier_too(client, issuer):
    request = await client.come_back()
    issuer.forms.clear()

    await client.finish(request)

    [form] = issuer.forms
    assert form["code_verifier"] == request.code_verifier
    assert form["grant_type"] == "authorization_code"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("provider", "ac me"),
        ("auth_code", ""),
        ("auth_code", "c" * 4001),
        ("state", ""),
        ("state", "s" * 42),
        ("code_verifier", ""),
        ("code_verifier", "v" * 42),
        ("code_verifier", "v" * 129),
        ("code_verifier", "v" * 42 + "+"),
        ("iss", "not a url"),
        ("iss", "https://" + "i" * 2000),
        ("username", "nobody"),
        ("invitation_token", "short"),
        ("request_id", "1"),
    ],
)
async def test_a_field_against_its_rule(client, server, field, value):
    request = await client.come_back()
    setattr(request, field, value)
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {field: f"INVALID_{field.upper()}"}
    assert await counts(server) == before


async def test_every_field_against_its_rule_at_once(client):
    request = AuthenticateSingleSignOnRequest(provider="acme", username="nobody", invitation_token="ti1_" + "t" * 60)

    refused = await refusal(client.finish(request))

    assert refused.violations == {
        "auth_code": "INVALID_AUTH_CODE",
        "state": "INVALID_STATE",
        "code_verifier": "INVALID_CODE_VERIFIER",
        "username": "INVALID_USERNAME",
        "invitation_token": "WRONG_INVITATION_KIND",
    }
