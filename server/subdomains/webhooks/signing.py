"""Standard Webhooks: how a call is signed, and what it says (https://www.standardwebhooks.com)."""

import base64
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

SECRET_PURPOSE = "webhook-secret"  # for which secrets are sealed
_PREFIX = "whsec_"
_SECRET_BYTES = 32


def make_secret() -> bytes:
    """A new signing secret."""
    return os.urandom(_SECRET_BYTES)


def written(secret: bytes) -> str:
    """A secret as receivers keep it."""
    return _PREFIX + base64.b64encode(secret).decode()


def signed_headers(secrets: Sequence[bytes], event_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who called, with which event, and when: a signature for each secret."""
    timestamp = str(int(now.timestamp()))
    signed = f"{event_id}.{timestamp}.".encode() + body
    digests = [base64.b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }


def body_of(members: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
