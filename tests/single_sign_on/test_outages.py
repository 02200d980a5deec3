"""A provider that is away, slow, endless, lost, or full of surprises: it costs the caller a refusal, and us nothing."""

import asyncio
import gzip
from datetime import timedelta

import grpc
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from server.subdomains.identity.single_sign_on.adapters.http import MOST_BYTES
from tests.harness import refusal
from tests.single_sign_on.clients import claims_of
from tests.single_sign_on.conftest import forget
from tests.single_sign_on.issuer import Key
from tests.single_sign_on.traces import counts

_AWAY = (grpc.StatusCode.UNAVAILABLE, "SSO_PROVIDER_UNAVAILABLE")
_FAILED = (grpc.StatusCode.UNAUTHENTICATED, "SSO_AUTHENTICATION_FAILED")


@pytest.fixture
def impatient(acme, monkeypatch):
    """Acme has a moment to answer, not ten seconds."""
    monkeypatch.setattr(acme._http, "_timeout_seconds", 0.3)


async def refused_at(client, server, path, handler):
    """How a sign-in ends where this path of the provider is answered otherwise; nothing has changed."""
    request = await client.come_back()
    client.issuer.instead[path] = handler
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert await counts(server) == before
    assert refused.metadata == {"provider": "acme"}
    return refused.code, refused.reason


def status(code, **headers):
    async def answer(request):
        return web.json_response({"error": "server_error"}, status=code, headers=headers)

    return answer


def body(content, content_type="application/json", **headers):
    async def answer(request):
        return web.Response(body=content, content_type=content_type, headers=headers)

    return answer


def in_pieces(piece, seconds):
    """An answer without end."""

    async def answer(request):
        response = web.StreamResponse(headers={"content-type": "application/json"})
        await response.prepare(request)
        try:
            while True:
                await response.write(piece)
                await asyncio.sleep(seconds)
        except ConnectionError:
            return response

    return answer


async def silence(request):
    await asyncio.sleep(3600)


async def hang_up(request):
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("code", [500, 502, 503, 429])
@pytest.mark.parametrize("path", ["/token", "/userinfo"])
async def test_a_provider_that_says_that_it_cannot(client, server, issuer, path, code):
    issuer.spoil_claims = lambda claims: claims.pop("email")

    assert await refused_at(client, server, path, status(code)) == _AWAY


@pytest.mark.parametrize("code", [400, 401, 403, 404, 201, 204])
async def test_a_provider_that_refuses_or_answers_beside_the_point(client, server, code):
    assert await refused_at(client, server, "/token", status(code)) == _FAILED


@pytest.mark.parametrize("code", [301, 302, 307, 308])
@pytest.mark.parametrize("path", ["/token", "/userinfo"])
async def test_no_redirect_is_followed(client, server, issuer, path, code):
    """Else the code, the secret and the tokens would go where an answer says."""
    issuer.spoil_claims = lambda claims: claims.pop("email")
    gone = []

    async def elsewhere(request):
        gone.append(request)
        return web.json_response({})

    issuer.instead["/elsewhere"] = elsewhere

    assert await refused_at(client, server, path, status(code, location=f"{issuer.url}/elsewhere")) == _FAILED
    assert gone == []


@pytest.mark.usefixtures("impatient")
async def test_a_provider_that_does_not_answer(client, server):
    assert await refused_at(client, server, "/token", silence) == _AWAY


@pytest.mark.usefixtures("impatient")
async def test_a_provider_that_answers_a_little_for_ever(client, server):
    assert await refused_at(client, server, "/token", in_pieces(b" ", 0.02)) == _AWAY


async def test_a_provider_has_ten_seconds(acme):
    assert acme._http._timeout_seconds == 10


async def test_an_answer_without_end_is_cut(client, server):
    assert await refused_at(client, server, "/token", in_pieces(b" " * 65_536, 0)) == _FAILED


async def test_an_answer_may_be_long_but_not_longer(client, server, issuer):
    issuer.spoil_tokens = lambda answer: answer.update(padding="p" * (MOST_BYTES - 4_000))
    assert (await client.sign_in()).user_id

    issuer.spoil_tokens = lambda answer: answer.update(padding="p" * MOST_BYTES)
    assert (await refusal(client.sign_in())).reason == "SSO_AUTHENTICATION_FAILED"


async def test_a_packed_answer_is_not_unpacked(client, server, issuer):
    """Not even a good one: what is small when it comes may be endless when it is unpacked."""

    async def packed(request):
        answer = await issuer.answer_token(request)
        content = gzip.compress(answer.body)
        return web.Response(body=content, content_type="application/json", headers={"content-encoding": "gzip"})

    assert await refused_at(client, server, "/token", packed) == _FAILED


async def test_a_provider_that_hangs_up(client, server):
    assert await refused_at(client, server, "/token", hang_up) == _AWAY


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"text"', b"<html>", b"\xff\xfe", b"[" * 100_000, b'{"id_token": NaN}', b"{}"],
)
@pytest.mark.parametrize("path", ["/token", "/userinfo"])
async def test_an_answer_that_is_no_answer(client, server, issuer, path, content):
    issuer.spoil_claims = lambda claims: claims.pop("email")

    assert await refused_at(client, server, path, body(content)) == _FAILED


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    "handler",
    [status(500), status(404), status(302, location="/jwks2"), body(b"{"), body(b"{}"), body(b'{"keys": {}}'), hang_up],
)
async def test_keys_that_cannot_be_had(client, server, handler):
    assert await refused_at(client, server, "/jwks", handler) == _AWAY


@pytest.mark.usefixtures("fresh")
async def test_keys_that_are_none(client, server, issuer):
    broken = [{}, 7, None, {"kty": "RSA"}, {"kty": "RSA", "kid": issuer.keys[-1].kid, "n": 1, "e": "AQAB"}]

    async def answer(request):
        return web.json_response({"keys": broken})

    assert await refused_at(client, server, "/jwks", answer) == _FAILED


@pytest.mark.usefixtures("fresh")
@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits long")
async def test_a_key_that_is_too_short(client, issuer, monkeypatch):
    monkeypatch.setattr(issuer, "keys", [Key(rsa.generate_private_key(65537, 1024))])

    assert (await refusal(client.sign_in())).reason == "SSO_AUTHENTICATION_FAILED"


async def test_discovery_that_fails_when_somebody_comes_back(client, fresh):
    request = await client.come_back()
    forget(fresh)
    client.issuer.instead["/.well-known/openid-configuration"] = status(500)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == _AWAY


@pytest.mark.usefixtures("fresh")
async def test_keys_are_remembered_for_an_hour(client, issuer, server):
    def as_late_as_here(claims):
        claims["iat"] = claims["exp"] = int(server.clock().timestamp())

    issuer.fetched.clear()
    issuer.spoil_claims = as_late_as_here
    looks = []
    for later in (timedelta(0), timedelta(minutes=59), timedelta(minutes=2)):
        server.clock.advance(later)
        await client.sign_in()
        looks.append(issuer.fetched.count("/jwks"))

    assert looks == [1, 1, 2]


@pytest.mark.usefixtures("fresh")
async def test_a_provider_that_changes_its_keys(client, issuer, monkeypatch, server):
    await client.sign_in()
    issuer.fetched.clear()
    monkeypatch.setattr(issuer, "keys", [Key.make()])

    assert (await client.sign_in()).user_id
    assert issuer.fetched.count("/jwks") == 1


@pytest.mark.usefixtures("fresh")
async def test_unknown_keys_are_looked_for_once_in_ten_seconds(client, issuer, server):
    await client.sign_in()
    issuer.fetched.clear()
    stranger = Key.make()
    issuer.sign = stranger.sign
    for _ in range(3):
        assert (await refusal(client.sign_in())).reason == "SSO_AUTHENTICATION_FAILED"
    assert issuer.fetched.count("/jwks") == 1

    server.clock.advance(timedelta(seconds=11))
    await refusal(client.sign_in())
    assert issuer.fetched.count("/jwks") == 2


@pytest.mark.usefixtures("fresh")
async def test_all_who_come_with_a_new_key_at_once_wait_for_one_look(client, issuer, monkeypatch):
    await client.sign_in()
    issuer.fetched.clear()
    monkeypatch.setattr(issuer, "keys", [Key.make("ES256")])
    requests = [await client.come_back() for _ in range(8)]

    tokens = await asyncio.gather(*[client.finish(request) for request in requests])

    assert len({each.user_id for each in tokens}) == 8
    assert issuer.fetched.count("/jwks") == 1


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
@pytest.mark.usefixtures("fresh")
async def test_every_algorithm_that_counts(client, issuer, monkeypatch, algorithm):
    monkeypatch.setattr(issuer, "keys", [Key.make("RS256"), Key.make(algorithm)])

    assert (await client.sign_in(**claims_of())).user_id
