"""
Access tokens (RFC 9068) and service tokens: made, and verified once.

A verified token is remembered by its bytes until it expires or the keys change: verifying costs nine times a look-up.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from server.kernel import ids
from server.kernel.access.caller import SERVICE_ACCOUNTS
from server.kernel.clock import Clock
from server.kernel.errors import Unauthenticated
from server.kernel.security.keys import SigningKeys

_MOST_REMEMBERED = 20_000
_LONGEST = 8 * 1024
# Three parts in base64url, the last of them 64 bytes, written in the one way there is: libraries read others, too.
_WRITTEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]")
ACCESS = "at+jwt"
SERVICE = "service+jwt"
_SERVICE_LIFETIME = timedelta(minutes=5)


class TokenInvalid(Unauthenticated):
    """The token is malformed, forged, or for somebody else."""

    reason = "TOKEN_INVALID"
    message = "The access token is not valid."


class TokenExpired(Unauthenticated):
    """The token was good once."""

    reason = "TOKEN_EXPIRED"
    message = "The access token has expired."


class TokenRevoked(Unauthenticated):
    """The session of the token has ended."""

    reason = "TOKEN_REVOKED"
    message = "The session has ended. Sign in again."


class ServiceTokenInvalid(TokenInvalid):
    """A service token that is refused: audited by whoever listens."""


class ServiceTokenExpired(TokenExpired):
    """A service token that was good once: audited likewise, since whoever has it may have found it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    is_service: bool
    subject: str
    session_id: str | None
    auth_time: datetime | None
    expires_at: datetime


@dataclass(frozen=True)
class AccessTokenContent:
    """What goes into a new access token."""

    user_id: str
    session_id: str
    auth_time: datetime
    amr: Sequence[str]
    roles: Sequence[str]
    features: Sequence[str]


class Tokens:
    """Makes and verifies the tokens of this platform."""

    def __init__(
        self,
        *,
        keys: SigningKeys,
        issuer: str,
        service_keys: SigningKeys,
        service_issuer: str,
        service_audience: str,
        clock: Clock,
        leeway: timedelta = timedelta(seconds=30),
    ) -> None:
        self.keys = keys
        self._issuer = issuer
        self._service_keys = service_keys
        self._service_issuer = service_issuer
        self._service_audience = service_audience
        self._clock = clock
        self._leeway = leeway
        self._remembered: OrderedDict[str, Claims] = OrderedDict()
        self._generations = (0, 0)

    def issue_access_token(self, content: AccessTokenContent, *, now: datetime, expires_at: datetime) -> str:
        """Make an access token. *expires_at* is cut to whole seconds."""
        key = self.keys.current
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": content.user_id,
            "sid": content.session_id,
            "jti": ids.new_id("jti"),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "auth_time": int(content.auth_time.timestamp()),
            "amr": list(content.amr),
            "roles": list(content.roles),
            "features": list(content.features),
        }
        return jwt.encode(claims, key.private, "ES256", headers={"kid": key.kid, "typ": ACCESS})

    def issue_service_token(self, account: str, audience: str = "") -> str:
        """Make a service token of five minutes for one of the platform's service accounts, for us or for others."""
        key, now = self._service_keys.current, self._clock()
        claims = {
            "iss": self._service_issuer,
            "aud": audience or self._service_audience,
            "sub": account,
            "jti": ids.new_id("jti"),
            "iat": int(now.timestamp()),
            "exp": int((now + _SERVICE_LIFETIME).timestamp()),
        }
        return jwt.encode(claims, key.private, "ES256", headers={"kid": key.kid, "typ": SERVICE})

    def verify(self, token: str) -> Claims:
        """
        Say what a token of either kind says.

        Raises:
            TokenInvalid: It is not one of ours.
            TokenExpired: It was.
        """
        self._forget_old_keys()
        claims = self._remembered.get(token)
        if claims is None:
            claims = self._verify(token)
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
            self._remembered[token] = claims
        if self._clock() >= claims.expires_at:
            self._remembered.pop(token, None)
            raise ServiceTokenExpired if claims.is_service else TokenExpired
        return claims

    def _forget_old_keys(self) -> None:
        self.keys.refresh()
        self._service_keys.refresh()
        generations = (self.keys.generation, self._service_keys.generation)
        if generations != self._generations:
            self._remembered.clear()
            self._generations = generations

    def _verify(self, token: str) -> Claims:
        if len(token) > _LONGEST or _WRITTEN.fullmatch(token) is None:
            raise TokenInvalid
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise TokenInvalid from None
        kind = header.get("typ")
        if header.get("alg") != "ES256" or {"jwk", "jku", "x5u", "x5c", "crit"} & header.keys():
            raise TokenInvalid
        if kind == SERVICE:
            return self._verify_service(token, header)
        if kind == ACCESS:
            return self._verify_access(token, header)
        raise TokenInvalid

    def _verify_access(self, token: str, header: dict[str, Any]) -> Claims:
        claims = self._decode(token, header, self.keys, self._issuer, self._issuer)
        subject, session_id = claims["sub"], claims.get("sid")
        if not ids.is_id("user", subject) or not isinstance(session_id, str) or not ids.is_id("session", session_id):
            raise TokenInvalid
        return Claims(False, subject, session_id, _instant(claims.get("auth_time")), _instant(claims["exp"]))

    def _verify_service(self, token: str, header: dict[str, Any]) -> Claims:
        try:
            claims = self._decode(token, header, self._service_keys, self._service_issuer, self._service_audience)
        except TokenInvalid:
            raise ServiceTokenInvalid from None
        if claims["sub"] not in SERVICE_ACCOUNTS or claims["exp"] - claims["iat"] > _SERVICE_LIFETIME.total_seconds():
            raise ServiceTokenInvalid
        return Claims(True, claims["sub"], None, None, _instant(claims["exp"]))

    def _decode(
        self, token: str, header: dict[str, Any], keys: SigningKeys, issuer: str, audience: str
    ) -> dict[str, Any]:
        key = keys.find(str(header.get("kid")))
        if key is None:
            raise TokenInvalid
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public,
                algorithms=["ES256"],
                issuer=issuer,
                audience=audience,
                options={
                    "require": ["iss", "aud", "sub", "iat", "exp", "jti"],
                    "verify_exp": False,  # by our clock, exclusive, without allowance: see verify()
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise TokenInvalid from None
        now = self._clock()
        if not all(isinstance(claims[name], int) for name in ("iat", "exp")) or not isinstance(claims["sub"], str):
            raise TokenInvalid
        if claims["aud"] != audience or _instant(claims["iat"]) > now + self._leeway:
            raise TokenInvalid
        if "nbf" in claims and (not isinstance(claims["nbf"], int) or _instant(claims["nbf"]) > now + self._leeway):
            raise TokenInvalid
        return claims


def _instant(seconds: Any) -> datetime:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TokenInvalid
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise TokenInvalid from None
