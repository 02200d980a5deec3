"""States, codes and id tokens of single sign-on that belong to somebody else, or that a hostile provider has made."""

from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from tenantry.single_sign_on.v1.single_sign_on_service_pb2 import AuthenticateSingleSignOnRequest

from server.kernel.security.secrets import random_token
from tests.harness import refusal
from tests.security.forging.scene import Attempt, Scene
from tests.single_sign_on.clients import SsoClient, challenge_of
from tests.single_sign_on.issuer import CLIENT_SECRET, Issuer, Key

Make = Callable[[Scene], Awaitable[Attempt]]


def _client(scene: Scene) -> SsoClient:
    return SsoClient(scene.server, "acme", scene.issuers["acme"])


def _present(request: AuthenticateSingleSignOnRequest, **changes: str) -> Attempt:
    return Attempt({field.name: value for field, value in request.ListFields()} | changes)


def _looks_away(scene: Scene, code: str, verifier: str) -> None:
    """Let a provider find nothing wrong with a verifier: what it looks at we must look at ourselves."""
    scene.issuers["acme"].grants[code].asked["code_challenge"] = challenge_of(verifier)


async def good(scene: Scene) -> Attempt:
    """No forgery: what the others are made from."""
    return _present(await _client(scene).come_back())


async def made_up_state(scene: Scene) -> Attempt:
    return _present(await _client(scene).come_back(), state=random_token())


async def used_state(scene: Scene) -> Attempt:
    client = _client(scene)
    request = await client.come_back()
    grants = scene.issuers["acme"].grants
    grant = grants[request.auth_code]
    await client.finish(request)
    grants[request.auth_code] = grant  # a provider that takes codes twice
    return _present(request)


async def state_used_up_by_a_thief(scene: Scene) -> Attempt:
    client = _client(scene)
    request, stolen = await client.come_back(), AuthenticateSingleSignOnRequest()
    stolen.CopyFrom(request)
    stolen.code_verifier = random_token()
    await refusal(client.finish(stolen))
    return _present(request)


async def old_state(scene: Scene) -> Attempt:
    request = await _client(scene).come_back()
    scene.wait(minutes=10)
    return _present(request)


async def state_of_another_provider(scene: Scene) -> Attempt:
    """The other one takes the code for its own, with the same nonce: only the state can tell."""
    request = await _client(scene).come_back()
    scene.issuers["other"].grants[request.auth_code] = scene.issuers["acme"].grants[request.auth_code]
    return _present(request, provider="other")


async def verifier_of_another_client(scene: Scene) -> Attempt:
    client = _client(scene)
    request, thief = await client.come_back(), await client.start()
    _looks_away(scene, request.auth_code, thief.verifier)
    return _present(request, code_verifier=thief.verifier)


async def code_of_another_sign_in(scene: Scene) -> Attempt:
    client = _client(scene)
    victim, thief = await client.come_back(), await client.come_back()
    _looks_away(scene, victim.auth_code, thief.code_verifier)
    return _present(thief, auth_code=victim.auth_code)


async def another_issuer(scene: Scene) -> Attempt:
    return _present(await _client(scene).come_back(), iss="https://evil.example")


def with_claims(**claims: Any) -> Make:
    """The provider says something else about whom the id token is for, and how long."""

    async def make(scene: Scene) -> Attempt:
        scene.issuers["acme"].spoil_claims = lambda found: found.update(claims)
        return await good(scene)

    return make


def signed(sign: Callable[[Issuer, dict[str, Any]], str]) -> Make:
    """The id token is signed by somebody else, or by nobody."""

    async def make(scene: Scene) -> Attempt:
        issuer = scene.issuers["acme"]
        issuer.sign = lambda claims: sign(issuer, claims)
        return await good(scene)

    return make


async def unverified_address_of_another_person(scene: Scene) -> Attempt:
    victim = await scene.victim()
    return _present(await _client(scene).come_back(email=victim.email_address, email_verified=False))


without_a_signature = signed(lambda issuer, claims: jwt.encode(claims, "", "none"))
with_another_key = signed(lambda issuer, claims: Key(Key.make().private, kid=issuer.keys[-1].kid).sign(claims))
with_our_secret = signed(lambda issuer, claims: jwt.encode(claims, CLIENT_SECRET.ljust(32), "HS256"))
