"""The tokens of a session as the client keeps them, in memory only."""

import base64
import json
import time
import uuid
from dataclasses import dataclass, field

from tenantry.auth_tokens.v1.tokens_pb2 import Tokens

from tenantry_client.retries import RetryPolicy

# A refresh is repeated with one request_id, and the server gives the same tokens again for 10 seconds only: whatever
# is tried later ends the session, so all attempts together stay below that.
REFRESH_TIMEOUT = 8.0
REFRESH_ATTEMPT_TIMEOUT = 2.5
REFRESH_RETRIES = RetryPolicy(attempts=4, first_wait=0.1, longest_wait=0.5)

_LONGEST_MARGIN = 30.0


@dataclass(frozen=True)
class HeldTokens:
    """The latest tokens of a session, and what it takes to renew them."""

    tokens: Tokens = field(repr=False)
    renew_at: float
    """On the monotonic clock: shortly before the access token expires."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """Of the refresh that will spend the refresh token. One for all attempts, so that a lost answer loses nothing."""

    @classmethod
    def received(cls, tokens: Tokens) -> "HeldTokens":
        """Hold tokens that have just been issued."""
        lifetime = _lifetime(tokens.access_token.value)
        return cls._held(tokens, lifetime if lifetime is not None else _time_left(tokens))

    @classmethod
    def resumed(cls, tokens: Tokens) -> "HeldTokens":
        """Hold tokens that were issued some time ago."""
        return cls._held(tokens, _time_left(tokens))

    @classmethod
    def _held(cls, tokens: Tokens, seconds_left: float) -> "HeldTokens":
        held = Tokens()
        held.CopyFrom(tokens)
        return cls(held, time.monotonic() + seconds_left - min(_LONGEST_MARGIN, seconds_left / 10))

    @property
    def access_token(self) -> str:
        """What proves who is calling."""
        return self.tokens.access_token.value

    @property
    def are_due(self) -> bool:
        """Whether the access token should be renewed before it is used again."""
        return time.monotonic() >= self.renew_at


def _lifetime(access_token: str) -> float | None:
    """Read a JWT's lifetime from itself: unlike expires_at it does not depend on this machine's clock being right."""
    try:
        payload = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"]) - float(claims["iat"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None  # The server may change the form of its tokens; expires_at serves then.


def _time_left(tokens: Tokens) -> float:
    return tokens.access_token.expires_at.ToNanoseconds() / 1e9 - time.time()
