"""Tokens: what is ours is believed once and until it expires, and nothing else is."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from server.kernel.access.caller import MAINTENANCE
from server.kernel.ids import new_id
from server.kernel.security.keys import BadSigningKeys, SigningKeys, make_pem
from server.kernel.security.tokens import (
    AccessTokenContent,
    ServiceTokenInvalid,
    TokenExpired,
    TokenInvalid,
    Tokens,
)
from tests.harness import SettableClock

ISSUER = "https://tenantry.example"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def keys(*statuses: str) -> SigningKeys:
    return SigningKeys(json.dumps([{"status": status, "pem": make_pem()} for status in statuses or ("current",)]))


class Forge:
    """Makes tokens of every kind, right and wrong."""

    def __init__(self) -> None:
        self.clock = SettableClock()
        self.clock.stop_at(NOW)
        self.keys, self.service_keys = keys(), keys()
        self.tokens = Tokens(
            keys=self.keys,
            issuer=ISSUER,
            service_keys=self.service_keys,
            service_issuer="tenantry",
            service_audience="workers",
            clock=self.clock,
        )
        self.user_id, self.session_id = new_id("user"), new_id("session")

    def right(self, lifetime: timedelta = timedelta(minutes=15)) -> str:
        content = AccessTokenContent(self.user_id, self.session_id, NOW - SECOND, ("pwd",), ("r",), ("f",))
        return self.tokens.issue_access_token(content, now=self.clock(), expires_at=self.clock() + lifetime)

    def access(self, key=None, algorithm="ES256", header=None, **changes) -> str:
        seconds = int(NOW.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": self.user_id,
            "sid": self.session_id,
            "jti": "1",
            "iat": seconds,
            "exp": seconds + 900,
            "auth_time": seconds,
        }
        return self._encode(claims | changes, self.keys, key, algorithm, {"typ": "at+jwt"} | (header or {}))

    def service(self, key=None, **changes) -> str:
        seconds = int(NOW.timestamp())
        claims = {
            "iss": "tenantry",
            "aud": "workers",
            "sub": MAINTENANCE,
            "jti": "1",
            "iat": seconds,
            "exp": seconds + 300,
        }
        return self._encode(claims | changes, self.service_keys, key, "ES256", {"typ": "service+jwt"})

    def _encode(self, claims, issuing, key, algorithm, header) -> str:
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {name: value for name, value in ({"kid": issuing.current.kid} | header).items() if value is not None}
        return jwt.encode(claims, key or issuing.current.private, algorithm, headers=header)


@pytest.fixture
def forge() -> Forge:
    return Forge()


def part(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_an_access_token_says_who_and_which_session(forge):
    claims = forge.tokens.verify(forge.right())

    assert (claims.subject, claims.session_id, claims.is_service) == (forge.user_id, forge.session_id, False)
    assert (claims.auth_time, claims.expires_at) == (NOW - SECOND, NOW + timedelta(minutes=15))


def test_an_access_token_holds_what_the_standard_asks_for(forge):
    token = forge.right()
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})

    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": forge.keys.current.kid}
    assert claims.keys() == {
        "iss", "aud", "sub", "sid", "jti", "iat", "exp", "auth_time", "amr", "roles", "features"
    }  # fmt: skip


def test_a_service_token_lives_five_minutes(forge):
    claims = forge.tokens.verify(forge.tokens.issue_service_token(MAINTENANCE))

    assert (claims.subject, claims.session_id, claims.is_service) == (MAINTENANCE, None, True)
    assert claims.expires_at == NOW + timedelta(minutes=5)


def test_the_forge_can_make_what_is_right(forge):
    """Else the tests below would prove nothing."""
    assert forge.tokens.verify(forge.access()).subject == forge.user_id
    assert forge.tokens.verify(forge.service()).subject == MAINTENANCE


def test_a_token_is_good_until_it_expires_and_no_longer(forge):
    token = forge.right(10 * SECOND)

    forge.clock.stop_at(NOW + 10 * SECOND - timedelta(microseconds=1))
    forge.tokens.verify(token)
    forge.clock.stop_at(NOW + 10 * SECOND)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            forge.tokens.verify(token)


def test_an_expired_token_is_not_good_when_it_is_first_seen_either(forge):
    with pytest.raises(TokenExpired):
        forge.tokens.verify(forge.access(exp=int(NOW.timestamp())))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "https://other.example"},
        {"aud": [ISSUER, "other"]},
        {"aud": [ISSUER]},
        {"aud": None},
        {"sub": None},
        {"sub": "car_01k00000000000000000000000"},
        {"sub": "x"},
        {"sub": 7},
        {"sid": None},
        {"sid": "x"},
        {"sid": 7},
        {"jti": None},
        {"iat": None},
        {"exp": None},
        {"exp": 4e9},
        {"exp": "4000000000"},
        {"exp": True},
        {"exp": 10**30},
        {"iat": int(NOW.timestamp()) + 31},
        {"iat": "1"},
        {"nbf": int(NOW.timestamp()) + 31},
        {"nbf": "1"},
        {"auth_time": "yesterday"},
        {"auth_time": None},
    ],
    ids=str,
)
def test_a_token_with_wrong_claims_is_refused(forge, changes):
    with pytest.raises(TokenInvalid):
        forge.tokens.verify(forge.access(**changes))


@pytest.mark.parametrize("changes", [{"iat": int(NOW.timestamp()) + 30}, {"nbf": int(NOW.timestamp())}], ids=str)
def test_clocks_may_differ_a_little(forge, changes):
    forge.tokens.verify(forge.access(**changes))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "service+jwt"},
        {"kid": "unknown"},
        {"kid": None},
        {"jwk": {"kty": "EC"}},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["x"]},
        {"crit": ["exp"]},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_header_is_refused(forge, header):
    with pytest.raises(TokenInvalid):
        forge.tokens.verify(forge.access(header=header))


def test_a_token_of_another_key_is_refused_also_with_our_key_id(forge):
    with pytest.raises(TokenInvalid):
        forge.tokens.verify(forge.access(key=keys().current.private))


def test_a_token_without_a_signature_is_refused(forge):
    head, body, _ = forge.right().split(".")
    unsigned = part({"alg": "none", "typ": "at+jwt", "kid": forge.keys.current.kid})

    for token in (f"{unsigned}.{body}.", f"{unsigned}.{body}", f"{head}.{body}.", f"{head}.{body}.AAAA"):
        with pytest.raises(TokenInvalid):
            forge.tokens.verify(token)


def test_our_public_key_is_no_shared_secret(forge):
    public = forge.keys.current.public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = part({"alg": "HS256", "typ": "at+jwt", "kid": forge.keys.current.kid}) + "." + forge.right().split(".")[1]
    signature = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()

    with pytest.raises(TokenInvalid):
        forge.tokens.verify(f"{signed}.{signature}")


def test_a_changed_token_is_refused(forge):
    head, body, signature = forge.right().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))

    for changed in (
        f"{head}.{part(claims | {'sub': new_id('user')})}.{signature}",
        f"{head}.{body}.{signature[:-8]}AAAAAAAA",
    ):
        with pytest.raises(TokenInvalid):
            forge.tokens.verify(changed)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        "\x00",
        "a" * 9000,
        f"{part([])}.{part({})}.AA",
        f"{part('x')}.{part({})}.AA",
        f"{part({'alg': ['ES256']})}.{part({})}.AA",
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.AA",
        base64.urlsafe_b64encode(b'{"a":' * 1000).decode() + ".e30.AA",
    ],
    ids=range(13),
)
def test_garbage_is_refused(forge, token):
    with pytest.raises(TokenInvalid):
        forge.tokens.verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(NOW.timestamp()) + 301},
        {"sub": "user_01jzzzzzzze009mztyrz5g7qhv"},
        {"sub": "user_00000000000000000000000000"},
        {"aud": "other"},
        {"iss": ISSUER},
        {"iat": int(NOW.timestamp()) + 31},
    ],
    ids=str,
)
def test_a_wrong_service_token_is_refused_as_such(forge, changes):
    with pytest.raises(ServiceTokenInvalid):
        forge.tokens.verify(forge.service(**changes))


def test_the_keys_of_the_two_kinds_are_not_each_others(forge):
    with pytest.raises(ServiceTokenInvalid):
        forge.tokens.verify(forge.service(key=forge.keys.current.private))
    with pytest.raises(TokenInvalid):
        forge.tokens.verify(forge.access(key=forge.service_keys.current.private))


def test_a_token_is_verified_once(forge):
    token = forge.right()

    assert forge.tokens.verify(token) is forge.tokens.verify(token)


# Keys ---------------------------------------------------------------------------------------------------------------


def tokens_of(folder) -> tuple[Tokens, SigningKeys]:
    clock = SettableClock()
    clock.stop_at(NOW)
    signing = SigningKeys(str(folder))
    made = Tokens(
        keys=signing,
        issuer=ISSUER,
        service_keys=keys(),
        service_issuer="tenantry",
        service_audience="workers",
        clock=clock,
    )
    return made, signing


def issue(tokens: Tokens) -> str:
    content = AccessTokenContent(new_id("user"), new_id("session"), NOW, (), (), ())
    return tokens.issue_access_token(content, now=NOW, expires_at=NOW + timedelta(minutes=5))


def test_keys_rotate_by_replacing_files_while_the_server_runs(tmp_path):
    # given
    (tmp_path / "a.current.pem").write_text(make_pem())
    tokens, signing = tokens_of(tmp_path)
    old = issue(tokens)
    tokens.verify(old)

    # when: a new key signs, the old one still verifies
    (tmp_path / "a.current.pem").rename(tmp_path / "a.verify_only.pem")
    (tmp_path / "b.current.pem").write_text(make_pem())
    signing.refresh(at_once=True)
    new = issue(tokens)

    # then
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
    assert [key.is_current for key in signing.published()] == [True, False]
    for token in (old, new):
        tokens.verify(token)

    # when: the old key is withdrawn, also tokens that were verified before are refused
    (tmp_path / "a.verify_only.pem").unlink()
    signing.refresh(at_once=True)
    with pytest.raises(TokenInvalid):
        tokens.verify(old)
    tokens.verify(new)


def test_bad_keys_found_while_running_leave_the_old_ones_in_force(tmp_path):
    (tmp_path / "a.current.pem").write_text(make_pem())
    tokens, signing = tokens_of(tmp_path)
    token = issue(tokens)

    (tmp_path / "b.current.pem").write_text(make_pem())  # two current ones
    signing.refresh(at_once=True)

    tokens.verify(token)


@pytest.mark.parametrize("files", [{}, {"a.verify_only.pem": None}, {"a.current.pem": "no key"}], ids=str)
def test_a_server_without_one_signing_key_does_not_start(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_text(content or make_pem())

    with pytest.raises(BadSigningKeys):
        SigningKeys(str(tmp_path))


@pytest.mark.parametrize("name", ["b.retired.pem", "b.verify-only.pem", "b.pem", "current.pem.pem"])
def test_a_key_of_no_known_status_is_refused_and_verifies_nothing(tmp_path, name):
    (tmp_path / "a.current.pem").write_text(make_pem())
    (tmp_path / name).write_text(make_pem())

    with pytest.raises(BadSigningKeys, match="neither current nor verify_only"):
        SigningKeys(str(tmp_path))
    with pytest.raises(BadSigningKeys, match="neither current nor verify_only"):
        keys("current", name.split(".")[1])
