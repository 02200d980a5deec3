"""
A provider, or whoever stands between, that answers with what must not be believed.

One table: each row is an attack. Each of them is refused in the same words, and nothing has changed.
"""

import base64
import json
import time
from dataclasses import replace

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.harness import refusal
from tests.signed_in import new_address
from tests.single_sign_on.clients import claims_of
from tests.single_sign_on.issuer import CLIENT_ID, Key
from tests.single_sign_on.traces import counts, users_of

STRANGER, OTHER_EC, OTHER_ED = Key.make(), Key.make("ES256"), Key.make("EdDSA")


def says(**claims):
    """An id token that says something else; nothing of a claim that is None."""

    def spoil(issuer):
        def change(found):
            found.update({name: value() if callable(value) else value for name, value in claims.items()})
            for name in [name for name, value in found.items() if value is None]:
                del found[name]

        issuer.spoil_claims = change

    return spoil


def signs(sign):
    """An id token that is signed otherwise."""

    def spoil(issuer):
        issuer.sign = lambda claims: sign(issuer, claims)

    return spoil


def answers(**fields):
    """Another answer of the token endpoint."""

    def spoil(issuer):
        def change(answer):
            answer.update(fields)
            for name in [name for name, value in answer.items() if value is None]:
                del answer[name]

        issuer.spoil_tokens = change

    return spoil


def unsigned(issuer, claims):
    return jwt.encode(claims, "", "none", headers={"kid": issuer.keys[-1].kid})


def by_public_key_as_secret(issuer, claims):
    """The oldest trick: HS256, with what everybody knows as the secret."""
    pem = (
        issuer.keys[-1]
        .private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    header = {"alg": "HS256", "kid": issuer.keys[-1].kid, "typ": "JWT"}
    signed = ".".join(_part(json.dumps(each).encode()) for each in (header, claims))
    key = jwt.get_algorithm_by_name("HS256")
    return f"{signed}.{_part(key.sign(signed.encode(), pem))}"


def by_client_secret(issuer, claims):
    return jwt.encode(claims, "a secret of the client's" * 2, "HS256", headers={"kid": issuer.keys[-1].kid})


def with_its_own_key(issuer, claims):
    public = {name: value for name, value in STRANGER.jwk().items() if name in ("kty", "n", "e")}
    return STRANGER.sign(claims, {"kid": issuer.keys[-1].kid, "jwk": public, "jku": f"{issuer.url}/their-keys"})


def changed_after(issuer, claims):
    header, _, signature = issuer.keys[-1].sign(claims).split(".")
    return f"{header}.{_part(json.dumps(claims | {'sub': 'somebody else'}).encode())}.{signature}"


def as_list(issuer, claims):
    signed = _part(json.dumps({"alg": "RS256", "kid": issuer.keys[-1].kid}).encode()) + "." + _part(b'["sub"]')
    rs256 = jwt.get_algorithm_by_name("RS256")
    return f"{signed}.{_part(rs256.sign(signed.encode(), issuer.keys[-1].private))}"


def with_lone_surrogate(issuer, claims):
    text = json.dumps(claims | {"sub": "S"}).replace('"S"', '"\\ud800"').encode()
    signed = _part(json.dumps({"alg": "RS256", "kid": issuer.keys[-1].kid}).encode()) + "." + _part(text)
    rs256 = jwt.get_algorithm_by_name("RS256")
    return f"{signed}.{_part(rs256.sign(signed.encode(), issuer.keys[-1].private))}"


def by_a_list_of_algorithms(issuer, claims):
    """What a name should be is none, nor anything that could be looked up among names."""
    _, rest = issuer.keys[-1].sign(claims).split(".", 1)
    return f"{_part(json.dumps({'alg': ['RS256'], 'kid': issuer.keys[-1].kid}).encode())}.{rest}"


def _part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# What the log says: the attacks that end so.
ATTACKS = {
    "the id token is from another issuer": {
        "another issuer": says(iss="https://elsewhere.example.com"),
        "no issuer": says(iss=None),
        "an issuer that only begins alike": says(iss=lambda: "http://127.0.0.1.example.com"),
    },
    "the id token is for another client": {
        "another client's token": says(aud="another-client"),
        "several clients without ours": says(aud=["one", "other"], azp=CLIENT_ID),
        "no audience": says(aud=None),
        "an audience that is an object": says(aud={CLIENT_ID: True}),
    },
    "the id token was asked for by another client": {
        "several clients, asked for by another": says(aud=[CLIENT_ID, "another-client"], azp="another-client"),
        "several clients, asked for by nobody": says(aud=[CLIENT_ID, "another-client"]),
    },
    "the nonce is not that of the sign-in": {
        "another sign-in's nonce": says(nonce="n" * 43),
        "no nonce": says(nonce=None),
        "a nonce that is a number": says(nonce=1),
    },
    "at_hash is not that of the access token": {
        "the hash of another access token": says(at_hash="A" * 22),
        "a hash that is no text": says(at_hash=["A" * 22]),
        "a hash in other letters": says(at_hash="é" * 22),
    },
    "the id token has expired": {
        "expired": says(iat=lambda: time.time() - 900, exp=lambda: time.time() - 31),
    },
    "exp is not an instant": {
        "no end": says(exp=None),
        "an end that is text": says(exp="tomorrow"),
        "an end that is true": says(exp=True),
        "an end past all calendars": says(exp=10**20),
    },
    "iat lies in the future": {
        "issued in the future": says(iat=lambda: time.time() + 90),
    },
    "iat is not an instant": {
        "issued nobody knows when": says(iat=None),
    },
    "nbf lies in the future": {
        "not good yet": says(nbf=lambda: time.time() + 90),
    },
    "auth_time lies in the future": {
        "signed in in the future": says(auth_time=lambda: time.time() + 90),
    },
    "auth_time is not an instant": {
        "signed in at a word": says(auth_time="just now"),
    },
    "the subject is not one": {
        "nobody": says(sub=None),
        "an empty subject": says(sub=""),
        "a subject of 256 characters": says(sub="s" * 256),
        "a subject that is a number": says(sub=7),
        "a subject with a zero byte": says(sub="a\0b"),
    },
    "the id token is signed by an algorithm that does not count": {
        "no signature": signs(unsigned),
        "a key that everybody knows": signs(by_public_key_as_secret),
        "a secret that the client knows, too": signs(by_client_secret),
        "a list of algorithms": signs(by_a_list_of_algorithms),
    },
    "the id token is signed by no key of the provider": {
        "another key": signs(lambda issuer, claims: STRANGER.sign(claims)),
        "another kind of key by the name of ours": signs(
            lambda issuer, claims: replace(OTHER_EC, kid=issuer.keys[-1].kid).sign(claims)
        ),
        "yet another kind": signs(lambda issuer, claims: replace(OTHER_ED, kid=issuer.keys[-1].kid).sign(claims)),
    },
    "the signature of the id token is wrong": {
        "another key by the name of ours": signs(
            lambda issuer, claims: replace(STRANGER, kid=issuer.keys[-1].kid).sign(claims)
        ),
        "a key that the token brings along": signs(with_its_own_key),
        "changed after it was signed": signs(changed_after),
        "an id token with half a character": signs(with_lone_surrogate),
        "an address with half a character": says(email="ada@exam\udc00ple.com"),
    },
    "the id token is malformed": {
        "an extension that nobody knows": signs(lambda issuer, claims: issuer.keys[-1].sign(claims, {"crit": ["b64"]})),
        "an id token that is none": answers(id_token="nonsense"),
        "an id token that is a list": signs(as_list),
        "an id token of brackets": answers(id_token=f"{_part(b'[' * 50_000)}.e.e"),
    },
    "the answer has no id_token": {
        "no id token": answers(id_token=None),
        "an id token that is a number": answers(id_token=7),
    },
    "the id token is too long": {
        "an id token without end": answers(id_token="e" * 200_000),
    },
    "the answer has no access_token": {
        "no access token": answers(access_token=None),
        "an access token with a line break": answers(access_token="one\r\nx-other: two"),
    },
    "the access token is of an unknown type": {
        "an access token of another type": answers(token_type="mac"),
    },
    "the provider has not verified the e-mail address": {
        "an address that nobody has verified": says(email_verified=False),
        "an address of which nothing is said": says(email_verified=None),
        "an address that a word verifies": says(email_verified="true"),
    },
    "the provider gives no e-mail address": {
        "an address that is none": says(email="ada at example.com"),
        "an address that is a list": says(email=["ada@example.com"]),
    },
    "the provider gives no name that a person may have": {
        "a name of which nothing is left": says(given_name="★ ★"),
    },
}
CASES = [(attack, detail) for detail, attacks in ATTACKS.items() for attack in attacks]


@pytest.mark.parametrize(("attack", "detail"), CASES, ids=[attack for attack, _ in CASES])
async def test_it_is_refused_and_nothing_has_changed(client, issuer, server, caplog, attack, detail):
    address = new_address()
    request = await client.come_back(email=address)
    ATTACKS[detail][attack](issuer)
    before = await counts(server)

    refused = await refusal(client.finish(request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SSO_AUTHENTICATION_FAILED")
    assert refused.metadata == {"provider": "acme"}
    assert await counts(server) == before
    assert await users_of(server, address) == []
    [line] = [record for record in caplog.records if hasattr(record, "provider")]
    assert (line.provider, line.detail) == ("acme", detail)
    # The sign-in is used up, also for whoever could answer better.
    issuer.restore()
    assert (await refusal(client.finish(request))).reason == "SSO_AUTHENTICATION_FAILED"


async def test_what_is_refused_is_refused_for_what_is_wrong_with_it(client, issuer):
    """The issuer of these tests is believed when it keeps the rules, to the last second and the last character."""
    says(
        sub="s" * 255,
        aud=[CLIENT_ID, "another-client"],
        azp=CLIENT_ID,
        exp=lambda: time.time() - 20,
        iat=lambda: time.time() + 20,
        nbf=lambda: time.time() + 20,
        auth_time=lambda: time.time() + 20,
    )(issuer)

    assert (await client.sign_in()).user_id


async def test_an_id_token_may_end_with_the_calendar(client, issuer):
    says(exp=253_402_300_799)(issuer)

    assert (await client.sign_in()).user_id


async def test_a_code_is_good_once(client, issuer, server):
    used = await client.come_back()
    await client.finish(used)
    again = await client.come_back()
    again.auth_code = used.auth_code
    before = await counts(server)

    assert (await refusal(client.finish(again))).reason == "SSO_AUTHENTICATION_FAILED"
    assert await counts(server) == before


async def test_a_code_of_another_sign_in_does_not_fit(client, server):
    """Somebody slips a code of theirs into another's browser, or steals one."""
    mine, theirs = await client.come_back(), await client.come_back()
    mine.auth_code = theirs.auth_code
    before = await counts(server)

    assert (await refusal(client.finish(mine))).reason == "SSO_AUTHENTICATION_FAILED"
    assert await counts(server) == before


async def test_an_address_that_belongs_to_somebody_else_links_nothing_unless_it_is_verified(client, server, people):
    victim = await people.person()
    before = await counts(server)

    for verified in (False, None, 1, "true"):
        refused = await refusal(client.sign_in(email=victim.email_address, email_verified=verified))
        assert refused.reason == "SSO_AUTHENTICATION_FAILED"

    assert await counts(server) == before


async def test_an_address_that_was_given_to_somebody_else_does_not_give_them_the_account(client, server):
    claims = claims_of()
    await client.sign_in(**claims)
    before = await counts(server)

    refused = await refusal(client.sign_in(**claims | {"sub": "the next owner"}))

    assert refused.reason == "SSO_AUTHENTICATION_FAILED"
    assert await counts(server) == before


async def test_the_same_subject_elsewhere_is_somebody_else(client, issuers):
    first = await client.sign_in(sub="everybody is one here")
    second = await client.at("google", issuers.google).sign_in(sub="everybody is one here")

    assert first.user_id != second.user_id
