"""Access tokens that nobody here has made, or that are good no longer, open nothing. Tried with ListSessions."""

import json
from datetime import UTC, timedelta

import grpc
import pytest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RevokeSessionRequest

from server.kernel import ids
from server.kernel.ids import new_id
from tests import people as users
from tests.auth_tokens.forger import ISSUER, OTHER_KEY, Forger, part
from tests.harness import refusal
from tests.signed_in import bearer

_EVIL = "https://evil.example"
_DEEP = ("[" * 1000 + "]" * 1000).encode()

# Each is the good token with one thing changed, and signed with our own key unless it is about the signature: what is
# refused then is refused for that one thing.
FORGERIES = {
    # What is no token
    "a word": lambda it: "nonsense",
    "nothing": lambda it: "",
    "two parts": lambda it: f"{it.head}.{it.body}",
    "four parts": lambda it: f"{it.good}.{it.signature}",
    "three empty parts": lambda it: "..",
    "an empty header": lambda it: f".{it.body}.{it.signature}",
    "an empty body": lambda it: f"{it.head}..{it.signature}",
    "a header that is no JSON": lambda it: it.sign_raw(b"{", it.claims),
    "a header that is a list": lambda it: it.sign_raw(["ES256"], it.claims),
    "a body that is no JSON": lambda it: it.sign_raw({"alg": "ES256"} | it.header, b"{'sub'}"),
    "a body that is a list": lambda it: it.sign_raw({"alg": "ES256"} | it.header, [it.claims]),
    "a body a thousand levels deep": lambda it: it.sign_raw({"alg": "ES256"} | it.header, _DEEP),
    "ten thousand characters": lambda it: it.sign(roles=["x" * 10_000]),
    # Without a good signature
    "algorithm none": lambda it: it.unsigned("none"),
    "algorithm nOnE": lambda it: it.unsigned("nOnE"),
    "algorithm none with a signature": lambda it: it.unsigned("none", it.signature),
    "no signature": lambda it: f"{it.head}.{it.body}.",
    "a changed body": lambda it: f"{it.head}.{part(it.claims | {'sub': it.victim.user_id})}.{it.signature}",
    "a changed header": lambda it: f"{part({'alg': 'ES256', 'x': 1} | it.header)}.{it.body}.{it.signature}",
    "the signature of another token": lambda it: f"{it.head}.{it.body}.{it.sign(sub='x').split('.')[2]}",
    "a signature of zeros": lambda it: it.with_signature_numbers(0, 0),
    "a signature in DER": lambda it: it.as_der(),
    "a signature with padding": lambda it: it.good + "==",
    "a signature with trailing bytes": lambda it: it.good + "AAAA",
    "a signature with characters that count for nothing": lambda it: it.good[:-4] + "!!!!" + it.good[-4:],
    "a signature with other unused bits": lambda it: it.good[:-1] + chr(ord(it.good[-1]) + 1),
    # By another algorithm or another key
    "our public key as a shared secret": lambda it: it.with_public_key_as_secret(),
    "RS256": lambda it: it.by_rsa(),
    "PS256": lambda it: it.by_rsa("PS256"),
    "ES384 in the header": lambda it: it.sign(header={"alg": "ES384"}),
    "no algorithm": lambda it: it.sign_raw(it.header, it.claims),
    "another key under our id": lambda it: it.sign(key=OTHER_KEY),
    "an unknown key": lambda it: it.sign(key=OTHER_KEY, header={"kid": "x" * 43}),
    "no key id": lambda it: it.sign_raw({"alg": "ES256", "typ": "at+jwt"}, it.claims),
    "a path as key id": lambda it: it.sign(header={"kid": "../../../../dev/null"}),
    "SQL as key id": lambda it: it.sign(header={"kid": "' UNION SELECT 'key' --"}),
    "a list as key id": lambda it: it.sign(header={"kid": [it.current.kid]}),
    "a key in the header": lambda it: it.with_key_in_header(),
    "our key in the header": lambda it: it.sign(header={"jwk": it.current.jwk}),
    "an address of keys (jku)": lambda it: it.sign(header={"jku": f"{_EVIL}/jwks.json"}),
    "an address of a certificate (x5u)": lambda it: it.sign(header={"x5u": f"{_EVIL}/cert.pem"}),
    "a certificate (x5c)": lambda it: it.sign(header={"x5c": ["MIIB"]}),
    "critical extensions (crit)": lambda it: it.sign(header={"crit": ["exp"]}),
    "a body that is not encoded (b64)": lambda it: it.sign(header={"b64": False, "crit": ["b64"]}),
    "a body that is not encoded, and not critical": lambda it: it.sign(header={"b64": False}),
    "a second algorithm in the header": lambda it: it.sign_raw(
        f'{{"alg":"ES256","alg":"none",{json.dumps(it.header)[1:]}'.encode(), it.claims
    ),
    # Of another kind
    "type JWT": lambda it: it.sign(header={"typ": "JWT"}),
    "no type": lambda it: it.sign_raw({"alg": "ES256", "kid": it.current.kid}, it.claims),
    "an access token as a service token": lambda it: it.sign(header={"typ": "service+jwt"}),
    "a service token as an access token": lambda it: it.service("at+jwt"),
    "an id token": lambda it: it.sign(header={"typ": "JWT"}, aud="client", nonce="n", azp="client"),
    "an id token under our type": lambda it: it.sign(aud="client", nonce="n", azp="client"),
    # With other claims
    "another issuer": lambda it: it.sign(iss=_EVIL),
    "our issuer with a slash": lambda it: it.sign(iss=ISSUER + "/"),
    "a list of issuers": lambda it: it.sign(iss=[ISSUER]),
    "another audience": lambda it: it.sign(aud=_EVIL),
    "several audiences": lambda it: it.sign(aud=[ISSUER, _EVIL]),
    "a list of our audience": lambda it: it.sign(aud=[ISSUER]),
    "issued in the future": lambda it: it.sign(iat=it.claims["iat"] + 90),
    "not valid yet": lambda it: it.sign(nbf=it.claims["iat"] + 90),
    "an expiry that is a text": lambda it: it.sign(exp=str(it.claims["exp"])),
    "an expiry that is true": lambda it: it.sign(exp=True),
    "an expiry beyond all time": lambda it: it.sign(exp=10**18),
    "an expiry with a fraction": lambda it: it.sign(exp=it.claims["exp"] + 0.5),
    "a time of sign-in that is a text": lambda it: it.sign(auth_time="now"),
    "a subject that is a number": lambda it: it.sign(sub=1),
    "a session that is a list": lambda it: it.sign(sid=[it.claims["sid"]]),
    "no issuer": lambda it: it.sign(without="iss"),
    "no audience": lambda it: it.sign(without="aud"),
    "no subject": lambda it: it.sign(without="sub"),
    "no session": lambda it: it.sign(without="sid"),
    "no id": lambda it: it.sign(without="jti"),
    "no time of issue": lambda it: it.sign(without="iat"),
    "no expiry": lambda it: it.sign(without="exp"),
    "no time of sign-in": lambda it: it.sign(without="auth_time"),
    # For somebody else
    "a user who does not exist": lambda it: it.sign(sub=new_id("user")),
    "a service account": lambda it: it.sign(sub="user_00000000000000000000000001"),
    "nobody": lambda it: it.sign(sub="user_00000000000000000000000000"),
    "a car": lambda it: it.sign(sub=new_id("car")),
    "another user in the own session": lambda it: it.sign(sub=it.victim.user_id),
    "the own user in a session of somebody else": lambda it: it.sign(sid=it.victim.tokens.session_id),
    "a session that does not exist": lambda it: it.sign(sid=new_id("session")),
    "a session that is a user": lambda it: it.sign(sid=it.claims["sub"]),
}


async def refused(sessions, token):
    found = await refusal(sessions.ListSessions(ListSessionsRequest(), metadata=bearer(token)))
    return found.code, found.reason


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_opens_nothing(sessions, people, server, forgery):
    forger = Forger(server, await people.person(), await people.person())

    answer = await refused(sessions, FORGERIES[forgery](forger))

    assert answer == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


async def test_what_the_forger_signs_is_good_if_nothing_is_changed(sessions, people, server):
    """Else the tests above would prove nothing."""
    forger = Forger(server, await people.person(), await people.person())

    for token in (forger.good, forger.sign(), forger.sign(iat=forger.claims["iat"] + 20), forger.mirrored()):
        await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(token))
    service = sessions.ListSessions(ListSessionsRequest(), metadata=bearer(forger.service("service+jwt")))
    assert (await refusal(service)).reason == "INTERACTIVE_SESSION_REQUIRED"


async def test_a_token_in_other_bytes_ends_with_its_session(sessions, people, server):
    person = await people.person()
    forger = Forger(server, person, person)
    await sessions.ListSessions(ListSessionsRequest(), metadata=bearer(forger.mirrored()))

    await sessions.RevokeSession(RevokeSessionRequest(id=person.tokens.session_id), metadata=person.metadata)

    assert await refused(sessions, forger.mirrored()) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED")


@pytest.mark.parametrize("kind", ["guest", "machine"])
async def test_a_guest_and_a_machine_have_no_session_to_be_in(sessions, people, server, kind):
    others = users.People(server)
    user_id = (await others.invite()).user_id if kind == "guest" else (await others.machine()).user_id
    forger = Forger(server, await people.person(), await people.person())

    assert await refused(sessions, forger.sign(sub=user_id)) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


async def test_somebody_who_is_no_longer_registered_has_no_access(sessions, people, server):
    person = await people.person()
    sql = "UPDATE users.end_user SET status = 'unregistered', email_address = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("user", person.user_id))
    server.database.signals.send("principals", person.user_id)

    assert await refused(sessions, person.tokens.access_token.value) == (
        grpc.StatusCode.UNAUTHENTICATED,
        "TOKEN_INVALID",
    )


async def test_a_token_of_a_session_that_has_ended_is_good_no_longer(sessions, people):
    person = await people.person()
    await sessions.RevokeSession(RevokeSessionRequest(id=person.tokens.session_id), metadata=person.metadata)

    answer = await refused(sessions, person.tokens.access_token.value)

    assert answer == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED")


async def test_a_token_expires_to_the_second(sessions, people, server):
    person = await people.person()
    expires_at = person.tokens.access_token.expires_at.ToDatetime(tzinfo=UTC)

    server.clock.stop_at(expires_at - timedelta(microseconds=1))
    await sessions.ListSessions(ListSessionsRequest(), metadata=person.metadata)
    server.clock.stop_at(expires_at)
    answer = await refused(sessions, person.tokens.access_token.value)

    assert answer == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")


async def test_another_scheme_and_two_credentials_are_refused(sessions, people):
    person = await people.person()
    token = person.tokens.access_token.value

    basic = sessions.ListSessions(ListSessionsRequest(), metadata=(("authorization", f"Basic {token}"),))
    both = sessions.ListSessions(ListSessionsRequest(), metadata=(*person.metadata, ("x-api-key", "key")))

    assert (await refusal(basic)).reason == "TOKEN_INVALID"
    assert (await refusal(both)).reason == "CREDENTIALS_AMBIGUOUS"


async def test_of_two_tokens_neither_counts(sessions, people):
    person, other = await people.person(), await people.person()

    two = sessions.ListSessions(ListSessionsRequest(), metadata=(*person.metadata, *other.metadata))

    assert (await refusal(two)).reason == "TOKEN_INVALID"


async def test_a_suspended_person_is_told_so_before_anything_of_the_session(sessions, people):
    person = await people.person()
    await people.suspend(person.user_id)

    answer = await refused(sessions, person.tokens.access_token.value)

    assert answer == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
