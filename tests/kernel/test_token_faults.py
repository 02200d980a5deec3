"""Tokens and keys that are odd, broken, or change while everything runs."""

import base64
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE
from server.kernel.clock import system_clock
from server.kernel.errors import Unauthenticated
from server.kernel.security.keys import SigningKeys, make_pem
from server.kernel.security.tokens import ACCESS, SERVICE, AccessTokenContent, Tokens

ISSUER = "http://issuer"


def _tokens(keys: SigningKeys, service_keys: SigningKeys | None = None) -> Tokens:
    return Tokens(
        keys=keys,
        issuer=ISSUER,
        service_keys=service_keys or SigningKeys(_source(make_pem())),
        service_issuer="tenantry",
        service_audience="tenantry",
        clock=system_clock,
    )


def _source(*pems: str) -> str:
    return json.dumps([{"status": "current" if n == 0 else "verify_only", "pem": pem} for n, pem in enumerate(pems)])


def _issue(tokens: Tokens) -> str:
    now = system_clock()
    content = AccessTokenContent(ids.new_id("user"), ids.new_id("session"), now, ("pwd",), (), ())
    return tokens.issue_access_token(content, now=now, expires_at=now + timedelta(minutes=15))


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _forged(keys: SigningKeys, header: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    content = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": ids.new_id("user"),
        "sid": ids.new_id("session"),
        "jti": ids.new_id("jti"),
        "iat": now,
        "exp": now + 60,
        "auth_time": now,
    }
    headers = {"kid": keys.current.kid, "typ": ACCESS} | (header or {})
    return jwt.encode(content | claims, keys.current.private, "ES256", headers=headers)


DEEP = b"[" * 4_000
ODD = {
    "empty": "",
    "dots": "..",
    "many dots": "." * 8_000,
    "a header that nests deeply": _part(b'{"alg":' + DEEP) + ".e30.AA",
    "a header that is a list": _part(b'["alg"]') + ".e30.AA",
    "a header that is null": _part(b"null") + ".e30.AA",
    "a header of bad text": _part(b"\xff\xfe") + ".e30.AA",
    "a kid that is a number": _part(b'{"alg":"ES256","typ":"at+jwt","kid":7}') + ".e30.AA",
    "a kid that is a list": _part(b'{"alg":"ES256","typ":"at+jwt","kid":[]}') + ".e30.AA",
    "a typ that is an object": _part(b'{"alg":"ES256","typ":{},"kid":"x"}') + ".e30.AA",
    "alg none": _part(b'{"alg":"none","typ":"at+jwt"}') + ".e30.",
    "not base64": "ä.ö.ü",
    "half a character": "\ud800.e30.AA",
    "null characters": "a\x00.b\x00.c\x00",
    "b64 of nothing": _part(b'{"alg":"ES256","typ":"at+jwt","b64":false,"crit":["b64"]}') + ".e30.AA",
}


@pytest.mark.parametrize("token", ODD.values(), ids=ODD.keys())
def test_an_odd_token_is_a_bad_credential_and_no_incident(token):
    tokens = _tokens(SigningKeys(_source(make_pem())))

    with pytest.raises(Unauthenticated):
        tokens.verify(token)


CLAIMS: dict[str, dict[str, Any]] = {
    "exp is a text": {"exp": "tomorrow"},
    "exp is far away": {"exp": 10**30},
    "exp is a fraction": {"exp": time.time() + 60.5},
    "exp is true": {"exp": True},
    "iat lies ahead": {"iat": int(time.time()) + 3600},
    "iat is negative and huge": {"iat": -(10**30)},
    "aud is a list": {"aud": [ISSUER]},
    "sub is a number": {"sub": 5},
    "sub is nobody": {"sub": "user_x"},
    "sid is missing": {"sid": None},
    "sid is a list": {"sid": ["session"]},
    "auth_time is a text": {"auth_time": "now"},
    "nbf lies ahead": {"nbf": int(time.time()) + 3600},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_signed_token_that_says_odd_things_is_a_bad_credential(claims):
    keys = SigningKeys(_source(make_pem()))

    with pytest.raises(Unauthenticated):
        _tokens(keys).verify(_forged(keys, **claims))


def test_a_token_of_one_kind_is_none_of_the_other():
    keys, service_keys = SigningKeys(_source(make_pem())), SigningKeys(_source(make_pem()))
    tokens = _tokens(keys, service_keys)
    now = int(time.time())
    service = {"iss": "tenantry", "aud": "tenantry", "sub": MAINTENANCE, "jti": "x", "iat": now, "exp": now + 60}
    swapped = jwt.encode(service, keys.current.private, "ES256", {"kid": keys.current.kid, "typ": SERVICE})

    with pytest.raises(Unauthenticated):
        tokens.verify(swapped)
    with pytest.raises(Unauthenticated):
        tokens.verify(_forged(service_keys))


def _encrypted() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
        .decode()
    )


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"no key", _encrypted().encode(), b""], ids=["bytes", "text", "encrypted", "empty"]
)
def test_a_broken_key_file_leaves_the_old_keys_in_force(tmp_path: Path, content):
    (tmp_path / "one.current.pem").write_text(make_pem())
    keys = SigningKeys(str(tmp_path), reread_seconds=0)
    tokens = _tokens(keys)
    token = _issue(tokens)
    (tmp_path / "two.verify_only.pem").write_bytes(content)

    assert tokens.verify(token).subject
    assert tokens.verify(_issue(tokens)).subject


def test_a_key_that_is_withdrawn_takes_remembered_tokens_with_it(tmp_path: Path):
    (tmp_path / "one.current.pem").write_text(make_pem())
    keys = SigningKeys(str(tmp_path), reread_seconds=0)
    tokens = _tokens(keys)
    token = _issue(tokens)
    tokens.verify(token)

    (tmp_path / "one.current.pem").rename(tmp_path / "one.verify_only.pem")
    (tmp_path / "two.current.pem").write_text(make_pem())
    assert tokens.verify(token).subject

    (tmp_path / "one.verify_only.pem").unlink()
    with pytest.raises(Unauthenticated):
        tokens.verify(token)


def test_a_flood_of_unknown_keys_reads_the_folder_once(tmp_path: Path, monkeypatch):
    (tmp_path / "one.current.pem").write_text(make_pem())
    keys = SigningKeys(str(tmp_path))
    tokens = _tokens(keys)
    other = SigningKeys(_source(make_pem()))
    readings = []
    monkeypatch.setattr(keys, "_read", lambda: readings.append(1))
    monkeypatch.setattr(keys, "_read_at", time.monotonic() - 11)

    for _ in range(100):
        with pytest.raises(Unauthenticated):
            tokens.verify(_forged(other))
        if readings:
            keys._read_at = time.monotonic()

    assert len(readings) == 1


def test_remembered_tokens_are_bounded_and_forgetting_is_gradual(monkeypatch):
    monkeypatch.setattr("server.kernel.security.tokens._MOST_REMEMBERED", 10)
    tokens = _tokens(SigningKeys(_source(make_pem())))
    issued = [_issue(tokens) for _ in range(11)]

    for token in issued:
        tokens.verify(token)

    assert 5 <= len(tokens._remembered) <= 10
