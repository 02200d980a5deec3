"""Answers of RefreshToken that may be asked for again: sealed, and bound to the token they were given for."""

import json
from dataclasses import asdict
from datetime import datetime

from server.kernel.security.secrets import SecretKeys
from server.subdomains.identity.tokens import Tokens

_PURPOSE = "refresh-answer"
_INSTANTS = ("access_token_expires_at", "refresh_token_expires_at")


class SealedAnswers:
    """Seals and opens them."""

    def __init__(self, secrets: SecretKeys) -> None:
        self._secrets = secrets

    def seal(self, tokens: Tokens, digest: bytes) -> bytes:
        """Seal the answer to the token with this digest."""
        return self._secrets.seal(_PURPOSE, json.dumps(asdict(tokens), default=datetime.isoformat).encode(), digest)

    def open(self, sealed: bytes, digest: bytes) -> Tokens:
        """Open what :meth:`seal` made."""
        found = json.loads(self._secrets.open(_PURPOSE, sealed, digest))
        return Tokens(**(found | {name: datetime.fromisoformat(found[name]) for name in _INSTANTS}))
