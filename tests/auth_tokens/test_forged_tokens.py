"""Access tokens that nobody here has made, or that are good no longer, open nothing. Tried with ListSessions."""

import base64
import hmac
import json
from datetime import UTC, timedelta

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest

from server.kernel.ids import new_id
from tests.harness import refusal
from tests.signed_in import bearer

_ISSUER = "http://localhost:8080"
_OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Forger:
    """Changes one thing of a good token and signs it, with the real key unless told otherwise."""

    def __init__(self, server, person):
        self.current = server.app.platform.tokens.keys.current
        self.good = person.tokens.access_token.value
        self.claims = jwt.decode(self.good, options={"verify_signature": False})
        self.header = {"typ": "at+jwt", "kid": self.current.kid}

    def sign(self, *, key=None, algorithm="ES256", header=None, without=(), **claims):
        content = {name: value for name, value in (self.claims | claims).items() if name not in without}
        return jwt.encode(content, key or self.current.private, algorithm, headers=self.header | (header or {}))

    def public_pem(self):
        form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return self.current.public.public_bytes(*form)


def unsigned(forger, algorithm):
    return f"{part(forger.header | {'alg': algorithm})}.{part(forger.claims)}."


def with_public_key_as_secret(forger):
    # By hand: PyJWT refuses to do this.
    body = f"{part(forger.header | {'alg': 'HS256'})}.{part(forger.claims)}"
    signature = hmac.digest(forger.public_pem(), body.encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def without_key_id(forger):
    return jwt.encode(forger.claims, forger.current.private, "ES256", headers={"typ": "at+jwt"})


def tampered(forger):
    header, _, signature = forger.good.split(".")
    return f"{header}.{part(forger.claims | {'sub': new_id('user')})}.{signature}"


_INVALID = {
    "no token": lambda forger: "nonsense",
    "empty": lambda forger: "",
    "two parts": lambda forger: forger.good.rpartition(".")[0],
    "without a signature": lambda forger: forger.good.rpartition(".")[0] + ".",
    "algorithm none": lambda forger: unsigned(forger, "none"),
    "algorithm None": lambda forger: unsigned(forger, "nOnE"),
    "public key as a shared secret": with_public_key_as_secret,
    "changed after signing": tampered,
    "another key under our id": lambda forger: forger.sign(key=_OTHER_KEY),
    "an unknown key": lambda forger: forger.sign(key=_OTHER_KEY, header={"kid": "x" * 43}),
    "without a key id": without_key_id,
    "a key in the header": lambda forger: forger.sign(
        key=_OTHER_KEY, header={"jwk": json.loads(jwt.algorithms.ECAlgorithm.to_jwk(_OTHER_KEY.public_key()))}
    ),
    "an address of keys in the header": lambda forger: forger.sign(header={"jku": "https://evil.example/jwks.json"}),
    "a certificate in the header": lambda forger: forger.sign(header={"x5u": "https://evil.example/cert.pem"}),
    "of another type": lambda forger: forger.sign(header={"typ": "JWT"}),
    "of the type of services": lambda forger: forger.sign(header={"typ": "service+jwt"}),
    "of another issuer": lambda forger: forger.sign(iss="https://evil.example"),
    "for another audience": lambda forger: forger.sign(aud="https://evil.example"),
    "for several audiences": lambda forger: forger.sign(aud=[_ISSUER, "https://evil.example"]),
    "of the future": lambda forger: forger.sign(iat=forger.claims["iat"] + 90),
    "for a user who does not exist": lambda forger: forger.sign(sub=new_id("user")),
    "for a service account": lambda forger: forger.sign(sub="user_00000000000000000000000001"),
    "for something else": lambda forger: forger.sign(sub=new_id("car")),
    "in a session that does not exist": lambda forger: forger.sign(sid=new_id("session")),
    "without a session": lambda forger: forger.sign(without=("sid",)),
    "without an expiry": lambda forger: forger.sign(without=("exp",)),
    "without an id": lambda forger: forger.sign(without=("jti",)),
    "signed with nothing": lambda forger: unsigned(forger, "ES256"),
    "too long": lambda forger: forger.good + "x" * 10_000,
}


@pytest.mark.parametrize("forgery", _INVALID)
async def test_a_forged_token_opens_nothing(sessions, people, server, forgery):
    forger = Forger(server, await people.person())

    call = sessions.ListSessions(ListSessionsRequest(), metadata=bearer(_INVALID[forgery](forger)))
    refused = await refusal(call)

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


async def test_the_token_that_was_forged_is_good_itself(sessions, people, server):
    forger = Forger(server, await people.person())

    await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(forger.good))
    await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(forger.sign()))


async def test_a_session_is_good_for_its_own_user_only(sessions, people, server):
    victim, thief = await people.person(), await people.person()
    forger = Forger(server, thief)

    call = sessions.ListSessions(ListSessionsRequest(), metadata=bearer(forger.sign(sub=victim.user_id)))

    assert (await refusal(call)).reason == "TOKEN_INVALID"


async def test_a_token_expires_to_the_second(sessions, people, server):
    person = await people.person()
    expires_at = person.tokens.access_token.expires_at.ToDatetime(tzinfo=UTC)

    server.clock.stop_at(expires_at - timedelta(microseconds=1))
    await sessions.ListSessions(ListSessionsRequest(), metadata=person.metadata)
    server.clock.stop_at(expires_at)
    refused = await refusal(sessions.ListSessions(ListSessionsRequest(), metadata=person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")


async def test_another_scheme_and_two_credentials_are_refused(sessions, people):
    person = await people.person()
    token = person.tokens.access_token.value

    basic = sessions.ListSessions(ListSessionsRequest(), metadata=(("authorization", f"Basic {token}"),))
    both = sessions.ListSessions(ListSessionsRequest(), metadata=(*person.metadata, ("x-api-key", "key")))

    assert (await refusal(basic)).reason == "TOKEN_INVALID"
    assert (await refusal(both)).reason == "CREDENTIALS_AMBIGUOUS"


async def test_a_suspended_person_is_told_so_before_anything_of_the_session(sessions, people):
    person = await people.person()
    await people.suspend(person.user_id)

    refused = await refusal(sessions.ListSessions(ListSessionsRequest(), metadata=person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
