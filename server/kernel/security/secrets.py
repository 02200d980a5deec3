"""Values that only the platform can read or make: sealed (AES-256-GCM) and signed (HMAC-SHA-256)."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_STATUSES = ("current", "read_only")
_LONGEST_ID = 255  # in bytes: how long it is stands in one of them


class Unreadable(Exception):
    """A sealed value was tampered with, or its key is gone."""


@dataclass(frozen=True)
class SecretKey:
    """One key and whether it still makes new values."""

    id: str
    value: bytes
    is_current: bool


class SecretKeys:
    """
    The keys of sealed and signed values, the oldest first: exactly one makes new ones, the others still read old ones.

    A key is never used for two purposes: each purpose derives its own from it. What survives a rotation is said in
    docs/decisions/0067.
    """

    def __init__(self, keys: list[SecretKey]) -> None:
        current = [key for key in keys if key.is_current]
        if len(current) != 1:
            raise ValueError("exactly one secret key is current")
        if any(len(key.value) != 32 for key in keys):
            raise ValueError("a secret key has 32 bytes")
        if len({key.id for key in keys}) != len(keys) or not all(
            0 < len(key.id.encode()) <= _LONGEST_ID for key in keys
        ):
            raise ValueError("every secret key has an id of its own")
        self._current = current[0]
        self._oldest = keys[0]
        self._keys = {key.id: key for key in keys}

    @classmethod
    def parse(cls, text: str) -> "SecretKeys":
        """Read a JSON list of ``{"id", "key" (base64 of 32 bytes), "status" ("current" or "read_only")}``."""
        try:
            entries = [(entry["id"], entry["key"], entry["status"]) for entry in json.loads(text)]
            keys = [
                SecretKey(str(id), base64.b64decode(key, validate=True), status == "current")
                for id, key, status in entries
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError("the secret keys are not a JSON list of id, key (in base64) and status") from error
        if any(status not in _STATUSES for _, _, status in entries):
            raise ValueError("the status of a secret key is neither current nor read_only")
        return cls(keys)

    def seal(self, purpose: str, plain: bytes, bound_to: bytes = b"") -> bytes:
        """Encrypt *plain* so that it opens only for the same purpose and the same *bound_to*."""
        nonce = os.urandom(_NONCE)
        key_id = self._current.id.encode()
        cipher = AESGCM(_derive(self._current.value, "seal:" + purpose))
        return bytes([len(key_id)]) + key_id + nonce + cipher.encrypt(nonce, plain, bound_to)

    def open(self, purpose: str, sealed: bytes, bound_to: bytes = b"") -> bytes:
        """
        Decrypt what :meth:`seal` made.

        Raises:
            Unreadable: It was changed, is for something else, or its key is gone.
        """
        size = sealed[0] if sealed else 0
        key = self._keys.get(sealed[1 : 1 + size].decode(errors="replace"))
        rest = sealed[1 + size :]
        if key is None or len(rest) <= _NONCE:
            raise Unreadable
        try:
            return AESGCM(_derive(key.value, "seal:" + purpose)).decrypt(rest[:_NONCE], rest[_NONCE:], bound_to)
        except InvalidTag:
            raise Unreadable from None

    def sign(self, purpose: str, value: bytes) -> bytes:
        """A keyed digest of *value*, of 32 bytes, to compare a value with that comes later (:meth:`is_signature`)."""
        return _sign(self._current, purpose, value)

    def is_signature(self, purpose: str, value: bytes, signature: bytes) -> bool:
        """Whether :meth:`sign` has made *signature* of *value*, with whichever key was current then."""
        return any(hmac.compare_digest(_sign(key, purpose, value), signature) for key in self._keys.values())

    def index(self, purpose: str, value: bytes) -> bytes:
        """
        A keyed digest of *value*, of 32 bytes, to find a row by that must not hold the value itself.

        The oldest key makes it, so that it stays the same, and the same in every process, while keys rotate.
        """
        return hmac.digest(_derive(self._oldest.value, "index:" + purpose), value, "sha256")


def _sign(key: SecretKey, purpose: str, value: bytes) -> bytes:
    return hmac.digest(_derive(key.value, "sign:" + purpose), value, "sha256")


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, b"tenantry:" + purpose.encode(), "sha256")


def random_token() -> str:
    """A RandomToken: 32 random bytes in base64url, 43 characters."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """The SHA-256 digest under which a random token is stored and found."""
    return hashlib.sha256(token.encode()).digest()
