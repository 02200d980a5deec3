"""Codes that change with time (RFC 6238), as authenticator apps make them, and the key such an app reads."""

import base64
import hmac
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES = 20
DIGITS = 6
STEP_SECONDS = 30
_STEPS_OFF = (-1, 0, 1)  # clocks differ, and people type slowly


def code_at(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """The code of one time step."""
    # What apps know, and nothing is lost by it: the weakness of SHA-1 is no weakness of HMAC.
    totp = TOTP(secret, digits, SHA1(), STEP_SECONDS)  # noqa: S303
    return totp.generate(step * STEP_SECONDS).decode()


def step_of(now: datetime) -> int:
    """The time step of an instant."""
    return int(now.timestamp()) // STEP_SECONDS


def steps_of(secret: bytes, code: str, now: datetime) -> list[int]:
    """The time steps around *now* that a code is of: one, or none, or by a rare chance several."""
    return [
        step
        for step in (step_of(now) + off for off in _STEPS_OFF)
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode())
    ]


def as_text(secret: bytes) -> str:
    """A secret as people type it: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def key_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """What an app reads out of a bar code."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return (
        f"otpauth://totp/{label}?secret={as_text(secret)}&issuer={quote(issuer, safe='')}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )
