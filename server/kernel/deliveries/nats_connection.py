"""
A connection to NATS that is there when it is needed.

One that gives trouble is dropped, and the next question makes a new one: what was known of the other side may no longer
be so. One line in the log says when NATS went away, and one that it is back.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import ServiceUnavailableError

from server.kernel.deliveries.settings import NatsSettings

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 1.0
_PING_SECONDS = 5
_TROUBLE = (nats.errors.Error, OSError, TimeoutError)


class NatsAway(Exception):
    """NATS cannot be asked just now, and why."""


@dataclass(frozen=True, slots=True)
class Link:
    """One connection, and what has been seen over it to be in place."""

    client: Client
    jetstream: JetStreamContext
    in_place: set[str] = field(default_factory=set)


class _Client(Client):
    """Says who we are over TLS alone where the address asks for it: the library asks the other side, who may lie."""

    def _connect_command(self) -> bytes:
        server = self._current_server
        if server is not None and server.uri.scheme == "tls" and not self._server_info.get("tls_required"):
            raise nats.errors.SecureConnWantedError
        return super()._connect_command()


class NatsConnection:
    """Connects when it is asked, and hears *subject* as long as it is connected."""

    def __init__(self, settings: NatsSettings, subject: str, hear: Callable[[Msg], Awaitable[None]]) -> None:
        self._settings = settings
        self._subject = subject
        self._hear = hear
        self._link: Link | None = None
        self._connecting = asyncio.Lock()
        self._not_before = 0.0
        self._is_away = False
        self._is_closed = False

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Link]:
        """
        A connection to ask something over.

        Raises:
            NatsAway: There is none, or it gave trouble meanwhile.
        """
        link = await self._connected()
        try:
            yield link
        except _TROUBLE as error:
            if link is self._link:
                await self._drop()
            raise self._away(error) from error
        if self._is_away:
            log.info("NATS is back")
            self._is_away = False

    async def close(self) -> None:
        """Leave, for good."""
        self._is_closed = True
        await self._drop()

    async def _connected(self) -> Link:
        async with self._connecting:
            if self._link is not None and self._link.client.is_connected:
                return self._link
            if self._is_closed or time.monotonic() < self._not_before:
                raise NatsAway
            await self._drop()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    self._link = await self._connect()
            except _TROUBLE as error:
                raise self._away(error) from error
            return self._link

    async def _connect(self) -> Link:
        client = await client_of(self._settings)
        await client.subscribe(self._subject, cb=self._hear)
        return Link(client, client.jetstream(timeout=ANSWER_SECONDS))

    async def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await _close(link.client)

    def _away(self, error: Exception) -> NatsAway:
        self._not_before = time.monotonic() + _PAUSE_SECONDS
        if not self._is_away:
            log.warning("NATS is away; what is queued waits", extra={"error": _said(error)})
            self._is_away = True
        return NatsAway(_said(error))


async def version_of(settings: NatsSettings) -> str:
    """
    The version of the NATS that answers and has JetStream.

    Raises:
        NatsAway: There is none.
    """
    try:
        async with asyncio.timeout(2 * ANSWER_SECONDS):
            client = await client_of(settings)
            try:
                await client.jetstream(timeout=ANSWER_SECONDS).account_info()
                version = client.connected_server_version
            finally:
                await _close(client)
    except (ServiceUnavailableError, nats.errors.NoRespondersError):
        raise NatsAway("it has no JetStream") from None
    except _TROUBLE as error:
        raise NatsAway(_said(error)) from None
    return f"{version.major}.{version.minor}.{version.patch}"


async def client_of(settings: NatsSettings) -> Client:
    """
    A client that is connected, and does not connect again.

    Raises:
        nats.errors.Error, OSError: There is no NATS, or not the one that is meant.
    """
    client = _Client()
    try:
        await client.connect(
            list(settings.servers),
            name="tenantry",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=_note,
            ping_interval=_PING_SECONDS,
            tls=ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None,
        )
    except BaseException:
        await _close(client)
        raise
    return client


async def _close(client: Client) -> None:
    if client.is_closed:
        return
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await client.close()
    except _TROUBLE as error:
        log.debug("a connection to NATS did not close", extra={"error": _said(error)})


async def _note(error: Exception) -> None:
    """What a connection says of its own accord. The next question says it again."""
    log.debug("trouble with NATS", extra={"error": _said(error)})


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
