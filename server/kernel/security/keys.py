"""Signing keys (ES256) in a folder or a secret, read again while running, so that they rotate without a restart."""

import base64
import hashlib
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

log = logging.getLogger(__name__)

_UNKNOWN_SECONDS = 10.0
_STATUSES = ("current", "verify_only")


class BadSigningKeys(Exception):
    """The configured signing keys cannot be used."""


@dataclass(frozen=True)
class SigningKey:
    """One P-256 key pair and its RFC 7638 thumbprint."""

    kid: str
    private: ec.EllipticCurvePrivateKey
    is_current: bool
    jwk: dict[str, str]

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        return self.private.public_key()


class SigningKeys:
    """
    The keys of one issuer. Exactly one signs; every published one verifies.

    *source* is a folder of ``NAME.current.pem`` and ``NAME.verify_only.pem``, or a JSON list of
    ``{"pem", "status": "current" | "verify_only"}``.
    """

    def __init__(self, source: str, *, reread_seconds: float = 30) -> None:
        self._source = source
        self._reread_seconds = reread_seconds
        self._read_at = 0.0
        self._keys: dict[str, SigningKey] = {}
        self.generation = 0
        self._read()

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        self.refresh()
        return next(key for key in self._keys.values() if key.is_current)

    def find(self, kid: str) -> SigningKey | None:
        """A published key by its id. An unknown one makes the keys be read again, at most every 10 seconds."""
        self.refresh()
        if kid not in self._keys and time.monotonic() - self._read_at > _UNKNOWN_SECONDS:
            self.refresh(at_once=True)
        return self._keys.get(kid)

    def published(self) -> list[SigningKey]:
        """Every key that verifies, the signing one first."""
        self.refresh()
        return sorted(self._keys.values(), key=lambda key: not key.is_current)

    def refresh(self, *, at_once: bool = False) -> None:
        """Read the keys again when the last reading is old. Bad keys found then leave the old ones in force."""
        if not at_once and time.monotonic() - self._read_at < self._reread_seconds:
            return
        try:
            self._read()
        except BadSigningKeys as error:
            log.warning("signing keys that cannot be used are left aside", extra={"reason": str(error)})
            self._read_at = time.monotonic()

    def _read(self) -> None:
        entries = _entries(self._source)
        keys = {key.kid: key for key in (_load(pem, is_current) for pem, is_current in entries)}
        if sum(key.is_current for key in keys.values()) != 1:
            raise BadSigningKeys("exactly one signing key is current")
        if {(k.kid, k.is_current) for k in keys.values()} != {(k.kid, k.is_current) for k in self._keys.values()}:
            self.generation += 1
            self._keys = keys
        self._read_at = time.monotonic()


def make_pem() -> str:
    """A new P-256 private key."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def _entries(source: str) -> list[tuple[str, bool]]:
    if source.lstrip().startswith("["):
        try:
            return [(entry["pem"], _is_current(entry["status"])) for entry in json.loads(source)]
        except (ValueError, KeyError, TypeError) as error:
            raise BadSigningKeys("the signing keys are not a JSON list of pem and status") from error
    folder = Path(source)
    try:
        files = sorted(folder.glob("*.pem"))
        return [(file.read_text(), _is_current(file.stem.rpartition(".")[2])) for file in files]
    except (OSError, UnicodeError) as error:
        raise BadSigningKeys("the folder of signing keys cannot be read") from error


def _is_current(status: str) -> bool:
    # Any other word would be taken for a key that still verifies: so would one that is meant to be gone.
    if status not in _STATUSES:
        raise BadSigningKeys("the status of a signing key is neither current nor verify_only")
    return status == "current"


def _load(pem: str, is_current: bool) -> SigningKey:
    try:
        private = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # a TypeError means that it is encrypted
        raise BadSigningKeys("a signing key is not a PEM private key") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise BadSigningKeys("a signing key is not on P-256")
    numbers = private.public_key().public_numbers()
    jwk = {"crv": "P-256", "kty": "EC", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
    thumbprint = hashlib.sha256(json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()).digest()
    return SigningKey(_text(thumbprint), private, is_current, jwk)


def _coordinate(number: int) -> str:
    return _text(number.to_bytes(32))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def public_jwk(key: SigningKey) -> dict[str, Any]:
    """The public part of a key, as RFC 7517 writes it."""
    return {**key.jwk, "kid": key.kid, "use": "sig", "alg": "ES256"}
