"""StartSingleSignOn: where a person's browser is to be sent."""

import asyncio
import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import grpc
import pytest
from aiohttp import web
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import StartSingleSignOnRequest

from server.composition import compose
from tests.harness import refusal, refusal_of, running
from tests.single_sign_on.clients import challenge_of
from tests.single_sign_on.conftest import entry
from tests.single_sign_on.issuer import CLIENT_ID, REDIRECT_URI
from tests.single_sign_on.traces import counts

_LIMITED = (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
_CHALLENGE = challenge_of("v" * 43)


def asked_of(url: str) -> dict[str, str]:
    """What a browser asks of the provider."""
    return dict(parse_qsl(urlsplit(url).query))


async def flow_of(server, state):
    digest = hashlib.sha256(state.encode()).digest()
    [row] = await server.rows("SELECT * FROM single_sign_on.sso_flow WHERE state_digest = $1", digest)
    return row


async def flows(server):
    return (await server.rows("SELECT count(*) FROM single_sign_on.sso_flow"))[0]["count"]


async def test_the_browser_is_sent_to_the_provider_with_all_that_it_needs(client, issuer):
    started = await client.start()

    url = started.answer.authorization_url
    assert url.startswith(f"{issuer.url}/authorize?theme=dark&")
    asked = asked_of(url)
    nonce = asked.pop("nonce")
    assert len(nonce) == len(started.answer.state) == 43
    assert asked == {
        "theme": "dark",
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid email profile",
        "state": started.answer.state,
        "code_challenge": challenge_of(started.verifier),
        "code_challenge_method": "S256",
    }


async def test_it_is_good_for_ten_minutes_and_kept_as_digests_only(client, server):
    before = datetime.now(UTC)

    answer = (await client.start()).answer

    expires_in = answer.expires_at.ToDatetime(tzinfo=UTC) - before
    assert timedelta(minutes=10) <= expires_in < timedelta(minutes=10, seconds=30)
    flow = await flow_of(server, answer.state)
    nonce = asked_of(answer.authorization_url)["nonce"]
    assert flow["nonce_digest"] == hashlib.sha256(nonce.encode()).digest()
    assert (flow["provider_name"], flow["prompt_login"], flow["used_at"]) == ("acme", False, None)
    written = " ".join(map(repr, flow.values()))
    assert answer.state not in written
    assert nonce not in written


async def test_each_sign_in_has_a_state_and_a_nonce_of_its_own(client):
    first, second = [asked_of((await client.start()).answer.authorization_url) for _ in range(2)]

    assert first["state"] != second["state"]
    assert first["nonce"] != second["nonce"]


async def test_the_provider_may_be_asked_for_a_new_sign_in_of_somebody(client, server):
    answer = (await client.start(prompt_login=True, login_hint=" Ada@Example.COM ")).answer

    asked = asked_of(answer.authorization_url)
    assert (asked["prompt"], asked["max_age"], asked["login_hint"]) == ("login", "0", "ada@example.com")
    assert (await flow_of(server, answer.state))["prompt_login"] is True


async def test_google_is_asked_to_have_the_person_choose(client, issuers):
    answer = (await client.at("google", issuers.google).start(prompt_login=True)).answer

    asked = asked_of(answer.authorization_url)
    assert (asked["prompt"], asked["max_age"]) == ("select_account", "0")


async def test_the_name_of_a_provider_has_no_case(client, server):
    answer = (await client.start(provider="AcMe")).answer

    assert (await flow_of(server, answer.state))["provider_name"] == "acme"


async def test_a_start_leaves_no_audit_and_no_usage(client, server):
    before = await counts(server)

    await client.start()

    assert await counts(server) == before


async def test_a_repeat_gets_the_same_answer(client, server):
    request = StartSingleSignOnRequest(provider="acme", code_challenge=_CHALLENGE, request_id=str(uuid.uuid4()))
    first = await client.service.StartSingleSignOn(request)
    before = await flows(server)

    assert await client.service.StartSingleSignOn(request) == first

    assert await flows(server) == before


@pytest.mark.parametrize("provider", ["nobody", "testsso", "TestSSO", "credentials"])
async def test_a_provider_that_is_not_there_or_has_no_page(client, server, provider):
    before = await flows(server)

    refused = await refusal(client.start(provider=provider))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "SSO_PROVIDER_NOT_FOUND")
    assert await flows(server) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("provider", ""),
        ("provider", "a" * 51),
        ("provider", "acme_corp"),
        ("code_challenge", ""),
        ("code_challenge", "c" * 42),
        ("code_challenge", "c" * 42 + "="),
        ("login_hint", "nobody"),
        ("login_hint", "a" * 320 + "@example.com"),
        ("request_id", "1"),
    ],
)
async def test_a_field_against_its_rule(client, field, value):
    fields = {"provider": "acme", "code_challenge": _CHALLENGE} | {field: value}

    refused = await refusal(client.service.StartSingleSignOn(StartSingleSignOnRequest(**fields)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {field: f"INVALID_{field.upper()}"}


async def test_a_provider_that_cannot_be_reached(client, server):
    before = await flows(server)

    refused = await refusal(client.start(provider="away"))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "SSO_PROVIDER_UNAVAILABLE")
    assert refused.metadata == {"provider": "away"}
    assert await flows(server) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://elsewhere.example.com"},
        {"issuer": None},
        {"authorization_endpoint": "http://provider.example.com/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": ["https://provider.example.com/jwks"]},
        {"userinfo_endpoint": "ftp://provider.example.com"},
    ],
)
@pytest.mark.usefixtures("fresh")
async def test_a_discovery_document_that_cannot_be_used(client, issuer, server, wrong):
    issuer.spoil_metadata = lambda metadata: metadata.update(wrong)
    before = await flows(server)

    refused = await refusal(client.start())

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "SSO_PROVIDER_UNAVAILABLE")
    assert await flows(server) == before


@pytest.mark.usefixtures("fresh")
async def test_discovery_is_remembered_for_a_day(client, issuer, server):
    issuer.fetched.clear()
    for _ in range(2):
        await client.start()
    assert issuer.fetched == ["/.well-known/openid-configuration"]

    server.clock.advance(timedelta(hours=23, minutes=59))
    await client.start()
    assert len(issuer.fetched) == 1

    server.clock.advance(timedelta(minutes=2))
    await client.start()
    assert len(issuer.fetched) == 2


@pytest.mark.usefixtures("fresh")
async def test_those_who_come_at_the_same_time_wait_for_one_fetch(client, issuer):
    issuer.fetched.clear()
    may_answer = asyncio.Event()

    async def wait(request):
        await may_answer.wait()
        return web.json_response(issuer.metadata())

    issuer.instead["/.well-known/openid-configuration"] = wait
    starts = [asyncio.create_task(client.start()) for _ in range(10)]
    one_who_hangs_up = starts[0]
    while not issuer.fetched:
        await asyncio.sleep(0.01)

    one_who_hangs_up.cancel()
    may_answer.set()

    assert len(await asyncio.gather(*starts[1:])) == 9
    assert issuer.fetched == ["/.well-known/openid-configuration"]


@pytest.mark.usefixtures("fresh")
async def test_a_failure_is_not_remembered(client, issuer):
    issuer.spoil_metadata = lambda metadata: metadata.clear()
    assert (await refusal(client.start())).reason == "SSO_PROVIDER_UNAVAILABLE"
    issuer.restore()

    assert (await client.start()).answer.state


async def test_one_client_address_may_start_so_many_in_a_minute_on_all_servers_together(client, server):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TENANTRY_SSO_STARTS_PER_MINUTE", "4")
        environment.setenv("TENANTRY_SSO_PROVIDERS", json.dumps([entry("acme", client.issuer.url)]))
        async with running(server.dsn, compose) as one, running(server.dsn, compose) as other:
            here = (("x-envoy-external-address", "203.0.113.7"),)
            request = StartSingleSignOnRequest(provider="acme", code_challenge=_CHALLENGE)
            services = [type(client)(each, "acme", client.issuer).service for each in (one, other)]

            calls = [services[number % 2].StartSingleSignOn(request, metadata=here) for number in range(10)]
            answers = await asyncio.gather(*calls, return_exceptions=True)

            refused = [refusal_of(answer) for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
            assert [(each.code, each.reason) for each in refused] == [_LIMITED] * 6
            elsewhere = (("x-envoy-external-address", "203.0.113.8"),)
            await services[0].StartSingleSignOn(request, metadata=elsewhere)
            one.clock.advance(timedelta(seconds=61))
            await services[0].StartSingleSignOn(request, metadata=here)
