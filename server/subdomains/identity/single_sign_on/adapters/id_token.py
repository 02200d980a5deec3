"""What an id token must be before anything in it is believed (OpenID Connect Core 3.1.3.7)."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson

from server.subdomains.identity.single_sign_on.ports import ProviderRefused

SKEW = timedelta(seconds=30)
_LONGEST_TOKEN = 100_000
_LONGEST_SUBJECT = 255
_HASHES = {"RS256": hashlib.sha256, "PS256": hashlib.sha256, "ES256": hashlib.sha256, "EdDSA": hashlib.sha512}
_SIGNATURES = jwt.PyJWS()

Claims = Mapping[str, Any]
FindKey = Callable[[str | None, str], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an id token is held against."""

    algorithms: Collection[str]
    client_id: str
    is_issuer: Callable[[Claims], bool]
    access_token: str = field(repr=False)
    nonce_digest: bytes | None = None  # nothing for tokens that no sign-in has asked for
    login_asked_at: datetime | None = None


async def verified(id_token: str, find_key: FindKey, expected: Expected, now: datetime) -> Claims:
    """
    The claims of an id token.

    Raises:
        ProviderRefused: One thing about it is not right.
        ProviderUnavailable: The provider does not say what its keys are.
    """
    header = _header(id_token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _HASHES or algorithm not in expected.algorithms:
        raise ProviderRefused("the id token is signed by an algorithm that does not count")
    if "crit" in header:
        raise ProviderRefused("the header of the id token asks for what nobody here knows")
    key = await find_key(header.get("kid"), algorithm)
    if key is None:
        raise ProviderRefused("the id token is signed by no key of the provider")
    claims = _signed(id_token, key, algorithm)
    _check_ends(claims, expected)
    _check_times(claims, expected, now)
    if expected.nonce_digest is not None and not _is_nonce(claims.get("nonce"), expected.nonce_digest):
        raise ProviderRefused("the nonce is not that of the sign-in")
    if "at_hash" in claims and not _is_hash(claims["at_hash"], expected.access_token, algorithm):
        raise ProviderRefused("at_hash is not that of the access token")
    return claims


def auth_time_of(claims: Claims, now: datetime) -> datetime | None:
    """When the person gave the provider proof, as far as it says; never later than now."""
    return None if claims.get("auth_time") is None else min(_instant(claims, "auth_time"), now)


def _header(id_token: str) -> dict[str, Any]:
    if len(id_token) > _LONGEST_TOKEN:
        raise ProviderRefused("the id token is too long")
    try:
        header: dict[str, Any] = jwt.get_unverified_header(id_token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise ProviderRefused("the id token is malformed") from None
    return header


def _signed(id_token: str, key: Any, algorithm: str) -> Claims:
    try:
        claims = orjson.loads(_SIGNATURES.decode(id_token, key, algorithms=[algorithm]))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise ProviderRefused("the signature of the id token is wrong") from None
    if not isinstance(claims, dict):
        raise ProviderRefused("the id token is malformed")
    return claims


def _check_ends(claims: Claims, expected: Expected) -> None:
    """Who it is from, whom it is for, and whom it is about."""
    if not expected.is_issuer(claims):
        raise ProviderRefused("the id token is from another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences:
        raise ProviderRefused("the id token is for another client")
    if len(audiences) > 1 and claims.get("azp") != expected.client_id:
        raise ProviderRefused("the id token was asked for by another client")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise ProviderRefused("the subject is not one")


def _check_times(claims: Claims, expected: Expected, now: datetime) -> None:
    if now - SKEW >= _instant(claims, "exp"):  # to add to the last instant there is would be an error
        raise ProviderRefused("the id token has expired")
    for name in ("iat", *[name for name in ("nbf", "auth_time") if claims.get(name) is not None]):
        if _instant(claims, name) > now + SKEW:
            raise ProviderRefused(f"{name} lies in the future")
    asked_at, auth_time = expected.login_asked_at, auth_time_of(claims, now)
    if asked_at is not None and auth_time is not None and auth_time < asked_at - SKEW:
        raise ProviderRefused("the provider has not asked for a new sign-in")


def _instant(claims: Claims, name: str) -> datetime:
    seconds = claims.get(name)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise ProviderRefused(f"{name} is not an instant")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ProviderRefused(f"{name} is not an instant") from None


def _is_nonce(nonce: object, digest: bytes) -> bool:
    return isinstance(nonce, str) and hmac.compare_digest(hashlib.sha256(nonce.encode()).digest(), digest)


def _is_hash(at_hash: object, access_token: str, algorithm: str) -> bool:
    whole = _HASHES[algorithm](access_token.encode()).digest()
    left = base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=")
    return isinstance(at_hash, str) and hmac.compare_digest(at_hash.encode(), left)
