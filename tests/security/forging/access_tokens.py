"""Access tokens and service tokens that nobody here has made, or that are good no longer."""

import base64
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RevokeTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub

from server.kernel.access.caller import MAINTENANCE
from server.kernel.ids import new_id
from tests.security.forging.scene import Attempt, Scene
from tests.signed_in import Person

Make = Callable[[Scene], Awaitable[Attempt]]
_EVIL = "https://evil.example"
_OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
_OTHER_JWK = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(_OTHER_KEY.public_key()))


def bearer(token: str, scheme: str = "Bearer") -> Attempt:
    """A token, presented."""
    return Attempt(metadata=(("authorization", f"{scheme} {token}"),))


def access_token(
    *, ours: bool = True, algorithm: str = "ES256", header: dict[str, Any] | None = None, **changes: Any
) -> Make:
    """A victim's access token with something changed, signed with our key or another. ``None`` takes a claim away."""

    async def make(scene: Scene) -> Attempt:
        person = await scene.victim()
        key = scene.server.app.platform.tokens.keys.current
        claims = {name: value for name, value in (_claims(person) | changes).items() if value is not None}
        headers = {"typ": "at+jwt", "kid": key.kid} | (header or {})
        return bearer(jwt.encode(claims, key.private if ours else _OTHER_KEY, algorithm, headers=headers))

    return make


def service_token(*, lives: int = 300, ours: bool = True, **changes: Any) -> Make:
    """A token of the maintenance account with something changed, signed with the key of services or not."""

    async def make(scene: Scene) -> Attempt:
        tokens = scene.server.app.platform.tokens
        claims = jwt.decode(tokens.issue_service_token(MAINTENANCE), options={"verify_signature": False})
        key = tokens._service_keys.current if ours else tokens.keys.current
        claims |= {"exp": claims["iat"] + lives} | changes
        return bearer(jwt.encode(claims, key.private, "ES256", headers={"typ": "service+jwt", "kid": key.kid}))

    return make


async def nonsense(scene: Scene) -> Attempt:
    return bearer("nonsense")


async def unsigned(scene: Scene) -> Attempt:
    return bearer(f"{_body(scene, await scene.victim(), 'none')}.")


async def with_the_public_key_as_a_shared_secret(scene: Scene) -> Attempt:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    secret = scene.server.app.platform.tokens.keys.current.public.public_bytes(*form)
    body = _body(scene, await scene.victim(), "HS256")
    return bearer(f"{body}.{_text(hmac.digest(secret, body.encode(), 'sha256'))}")


async def changed_after_signing(scene: Scene) -> Attempt:
    person = await scene.victim()
    header, _, signature = person.tokens.access_token.value.split(".")
    return bearer(f"{header}.{_part(_claims(person) | {'roles': ['platform_operations']})}.{signature}")


async def of_another_user(scene: Scene) -> Attempt:
    return await access_token(sub=(await scene.victim()).user_id)(scene)


async def expired(scene: Scene) -> Attempt:
    person = await scene.victim()
    scene.wait(minutes=15)
    return Attempt(metadata=person.metadata)


async def of_a_session_that_ended(scene: Scene) -> Attempt:
    person = await scene.victim()
    request = RevokeTokenRequest(refresh_token=person.tokens.refresh_token.value)
    await AuthTokensServiceStub(scene.server.channel).RevokeToken(request)
    return Attempt(metadata=person.metadata)


async def of_a_suspended_person(scene: Scene) -> Attempt:
    person = await scene.victim()
    await scene.people.suspend(person.user_id)
    return Attempt(metadata=person.metadata)


async def beside_another_credential(scene: Scene) -> Attempt:
    person = await scene.victim()
    return Attempt(metadata=(*person.metadata, ("x-api-key", "anything")))


async def by_another_scheme(scene: Scene) -> Attempt:
    return bearer((await scene.victim()).tokens.access_token.value, "Basic")


async def refresh_token_in_its_place(scene: Scene) -> Attempt:
    return bearer((await scene.victim()).tokens.refresh_token.value)


async def expired_service_token(scene: Scene) -> Attempt:
    token = scene.server.app.platform.tokens.issue_service_token(MAINTENANCE)
    scene.wait(minutes=5)
    return bearer(token)


with_its_key_in_the_header = access_token(ours=False, header={"jwk": _OTHER_JWK})
with_an_address_of_keys = access_token(header={"jku": f"{_EVIL}/jwks.json"})
with_a_certificate = access_token(header={"x5u": f"{_EVIL}/cert.pem"})
of_an_unknown_key = access_token(ours=False, header={"kid": "x" * 43})
of_another_issuer = access_token(iss=_EVIL)
for_another_audience = access_token(aud=_EVIL)
of_nobody = access_token(sub=new_id("user"))
of_the_future = access_token(iat=2**33)
for_another_server = service_token(aud=_EVIL)


def _claims(person: Person) -> dict[str, Any]:
    return dict(jwt.decode(person.tokens.access_token.value, options={"verify_signature": False}))


def _body(scene: Scene, person: Person, algorithm: str) -> str:
    header = {"typ": "at+jwt", "kid": scene.server.app.platform.tokens.keys.current.kid, "alg": algorithm}
    return f"{_part(header)}.{_part(_claims(person))}"


def _part(value: Any) -> str:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
