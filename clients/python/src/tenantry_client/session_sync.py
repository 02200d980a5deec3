"""The session of a person who has signed in: its tokens, renewed by one thread at a time."""

import threading

from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RefreshTokenRequest
from tenantry.auth_tokens.v1.tokens_pb2 import Tokens

from tenantry_client.deadlines import Deadline
from tenantry_client.errors import Unauthenticated
from tenantry_client.services.auth_tokens import REFRESH_TOKEN
from tenantry_client.tokens import REFRESH_ATTEMPT_TIMEOUT, REFRESH_RETRIES, REFRESH_TIMEOUT, HeldTokens
from tenantry_client.transport_sync import TransportSync


class SessionSync:
    """The tokens of one client. A refresh token can be used once, so threads wait for the one that refreshes."""

    def __init__(self, transport: TransportSync) -> None:
        self._transport = transport
        self._held: HeldTokens | None = None
        self._lock = threading.Lock()

    @property
    def tokens(self) -> Tokens | None:
        """The latest tokens, ``None`` when nobody is signed in."""
        held = self._held
        return held.tokens if held else None

    def begin(self, held: HeldTokens) -> None:
        """Go on with these tokens."""
        with self._lock:
            self._held = held

    def end(self) -> Tokens | None:
        """Forget the tokens and return them."""
        with self._lock:
            held, self._held = self._held, None
        return held.tokens if held else None

    def settled(self) -> None:
        """Wait for the refresh under way, if any: cutting it off could lose the only good tokens."""
        with self._lock:
            pass

    def access_token(self, deadline: Deadline) -> str | None:
        """Return an access token that is still good, ``None`` when nobody is signed in."""
        held = self._held
        if held and held.are_due:
            held = self._renewed(held, deadline)
        return held.access_token if held else None

    def access_token_after(self, expired: str, deadline: Deadline) -> str | None:
        """Return another access token than the one that the server calls expired."""
        held = self._held
        if held and held.access_token == expired:
            held = self._renewed(held, deadline)
        return held.access_token if held else None

    def _renewed(self, held: HeldTokens, deadline: Deadline) -> HeldTokens | None:
        if not self._lock.acquire(timeout=deadline.seconds_left):
            raise deadline.exceeded()
        try:
            if self._held is held:
                self._held = self._renew(held)
            return self._held  # Another thread's, if it was quicker.
        finally:
            self._lock.release()

    def _renew(self, held: HeldTokens) -> HeldTokens:
        try:
            response = self._transport.send(
                REFRESH_TOKEN,
                RefreshTokenRequest(refresh_token=held.tokens.refresh_token.value, request_id=held.request_id),
                metadata=(),
                deadline=Deadline.after(REFRESH_TIMEOUT),
                retries=REFRESH_RETRIES,
                attempt_timeout=REFRESH_ATTEMPT_TIMEOUT,
            )
        except Unauthenticated:
            self._held = None  # The session has ended; no later refresh can succeed.
            raise
        return HeldTokens.received(response.tokens)
