"""What a provider says about itself (OpenID Connect Discovery), and the keys it signs with (JWKS)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import jwt

from server.kernel.clock import Clock
from server.subdomains.identity.single_sign_on.adapters.http import Answer, ProviderHttp
from server.subdomains.identity.single_sign_on.adapters.remembered import Remembered
from server.subdomains.identity.single_sign_on.ports import ProviderRefused, ProviderUnavailable

_METADATA_LIFETIME = timedelta(hours=24)
_KEYS_LIFETIME = timedelta(hours=1)
_BETWEEN_FETCHES = timedelta(seconds=10)
_FEWEST_RSA_BITS = 2048
_MOST_KEYS = 100
# What each algorithm needs of a key. None of them is one whose key the provider shares with us (HS256).
_KINDS = {
    "RS256": {"kty": "RSA"},
    "PS256": {"kty": "RSA"},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}
_OF_KEYS = ("kty", "kid", "alg", "use", "crv", "n", "e", "x", "y")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says about itself."""

    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str | None
    jwks_uri: str
    algorithms: frozenset[str]
    gives_iss: bool  # with each code (RFC 9207)


class IssuerRule(Protocol):
    """Whether a provider may call itself so."""

    def __call__(self, issuer: str, /) -> bool: ...


class Discovery:
    """Finds out about one provider, and remembers."""

    def __init__(self, http: ProviderHttp, *, issuer: str, is_issuer: IssuerRule, now: Clock) -> None:
        self._http = http
        self._url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        self._is_issuer = is_issuer
        self._now = now
        self._metadata = Remembered(self._fetch_metadata, lifetime=_METADATA_LIFETIME, now=now)
        self._keys = Remembered(self._fetch_keys, lifetime=_KEYS_LIFETIME, now=now)
        self._sought_at: datetime | None = None

    async def metadata(self) -> Metadata:
        """
        What the provider says about itself.

        Raises:
            ProviderUnavailable: Nothing, or nothing that can be used.
        """
        return await self._metadata.get()

    async def find_key(self, kid: str | None, algorithm: str) -> Any:
        """
        The key that made a signature; nothing if the provider has no such key.

        Raises:
            ProviderUnavailable: It does not say what its keys are.
        """
        keys = await self._keys.get()
        found = _key_for(keys, kid, algorithm)
        if found is None and kid is not None:
            found = _key_for(await self._keys_sought(), kid, algorithm)
        return found

    async def _keys_sought(self) -> Sequence[dict[str, str]]:
        """The keys as they are now: a token may be signed by a new one. Tokens made up may not have us ask for ever."""
        now = self._now()
        if self._keys.is_underway or self._sought_at is None or now >= self._sought_at + _BETWEEN_FETCHES:
            self._sought_at = now
            return await self._keys.fetch()
        return await self._keys.get()

    async def _fetch_metadata(self) -> Metadata:
        said = await self._fetch(self._url)
        if not isinstance(said.get("issuer"), str) or not self._is_issuer(said["issuer"]):
            raise ProviderUnavailable("its discovery document names another issuer")
        algorithms = said.get("id_token_signing_alg_values_supported", ["RS256"])
        userinfo_endpoint = self._place(said, "userinfo_endpoint") if said.get("userinfo_endpoint") else None
        return Metadata(
            authorization_endpoint=self._place(said, "authorization_endpoint"),
            token_endpoint=self._place(said, "token_endpoint"),
            userinfo_endpoint=userinfo_endpoint,
            jwks_uri=self._place(said, "jwks_uri"),
            algorithms=frozenset(_KINDS).intersection(filter(_is_text, algorithms))
            if isinstance(algorithms, list)
            else frozenset(),
            gives_iss=said.get("authorization_response_iss_parameter_supported") is True,
        )

    async def _fetch_keys(self) -> Sequence[dict[str, str]]:
        said = await self._fetch((await self.metadata()).jwks_uri)
        keys = said.get("keys")
        if not isinstance(keys, list):
            raise ProviderUnavailable("its keys are not a list")
        return [
            {name: key[name] for name in _OF_KEYS if _is_text(key.get(name))}
            for key in keys[:_MOST_KEYS]
            if isinstance(key, dict)
        ]

    async def _fetch(self, url: str) -> dict[str, Any]:
        try:
            return _found(await self._http.get(url))
        except ProviderRefused as refused:
            raise ProviderUnavailable(f"discovery or keys: {refused}") from None

    def _place(self, said: dict[str, Any], name: str) -> str:
        url = said.get(name)
        if not isinstance(url, str) or not self._http.admits(url):
            raise ProviderUnavailable(f"its {name} is not an https address")
        return url


def _found(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise ProviderRefused(f"status {answer.status}")
    return answer.json()


def _key_for(keys: Sequence[dict[str, str]], kid: str | None, algorithm: str) -> Any:
    wanted = _KINDS[algorithm]
    suitable = [
        key
        for key in keys
        if all(key.get(name) == value for name, value in wanted.items())
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]
    if len(suitable) != 1:  # without a name it has to be the only one
        return None
    try:
        key = jwt.PyJWK(dict(suitable[0]), algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return key if getattr(key, "key_size", _FEWEST_RSA_BITS) >= _FEWEST_RSA_BITS or wanted["kty"] != "RSA" else None


def _is_text(value: object) -> bool:
    return isinstance(value, str)
