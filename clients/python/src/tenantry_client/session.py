"""The session of a person who has signed in: its tokens, renewed by one call at a time. Asynchronous."""

import asyncio
from contextlib import suppress

from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RefreshTokenRequest
from tenantry.auth_tokens.v1.tokens_pb2 import Tokens

from tenantry_client.deadlines import Deadline
from tenantry_client.errors import TenantryError, Unauthenticated
from tenantry_client.services.auth_tokens import REFRESH_TOKEN
from tenantry_client.tokens import REFRESH_ATTEMPT_TIMEOUT, REFRESH_RETRIES, REFRESH_TIMEOUT, HeldTokens
from tenantry_client.transport import Transport


class Session:
    """The tokens of one client. A refresh token can be used once, so all who need new tokens share one refresh."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._held: HeldTokens | None = None
        self._renewal: asyncio.Task[HeldTokens] | None = None

    @property
    def tokens(self) -> Tokens | None:
        """The latest tokens, ``None`` when nobody is signed in."""
        return self._held.tokens if self._held else None

    def begin(self, held: HeldTokens) -> None:
        """Go on with these tokens."""
        self._held = held

    async def end(self) -> Tokens | None:
        """Forget the tokens and return them."""
        await self.settled()
        held, self._held = self._held, None
        return held.tokens if held else None

    async def settled(self) -> None:
        """Wait for the refresh under way, if any: cutting it off could lose the only good tokens."""
        if self._renewal:
            with suppress(TenantryError):  # Told to those who need the new tokens.
                await asyncio.shield(self._renewal)

    async def access_token(self, deadline: Deadline) -> str | None:
        """Return an access token that is still good, ``None`` when nobody is signed in."""
        held = self._held
        if held and held.are_due:
            held = await self._renewed(held, deadline)
        return held.access_token if held else None

    async def access_token_after(self, expired: str, deadline: Deadline) -> str | None:
        """Return another access token than the one that the server calls expired."""
        held = self._held
        if held and held.access_token == expired:
            held = await self._renewed(held, deadline)
        return held.access_token if held else None

    async def _renewed(self, held: HeldTokens, deadline: Deadline) -> HeldTokens:
        if self._renewal is None:
            # A task of its own: a caller who gives up must not take the new tokens, the only ones, with it.
            self._renewal = asyncio.create_task(self._renew(held))
            self._renewal.add_done_callback(self._settle)
        try:
            return await asyncio.wait_for(asyncio.shield(self._renewal), deadline.seconds_left)
        except TimeoutError:
            raise deadline.exceeded() from None

    async def _renew(self, held: HeldTokens) -> HeldTokens:
        try:
            response = await self._transport.send(
                REFRESH_TOKEN,
                RefreshTokenRequest(refresh_token=held.tokens.refresh_token.value, request_id=held.request_id),
                metadata=(),
                deadline=Deadline.after(REFRESH_TIMEOUT),
                retries=REFRESH_RETRIES,
                attempt_timeout=REFRESH_ATTEMPT_TIMEOUT,
            )
        except Unauthenticated:
            self._replace(held, None)  # The session has ended; no later refresh can succeed.
            raise
        renewed = HeldTokens.received(response.tokens)
        self._replace(held, renewed)
        return renewed

    def _replace(self, held: HeldTokens, by: HeldTokens | None) -> None:
        if self._held is held:  # Somebody may have signed in anew meanwhile.
            self._held = by

    def _settle(self, renewal: asyncio.Task[HeldTokens]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            renewal.exception()  # Whoever waits gets it; when nobody does any more, that is no news.
