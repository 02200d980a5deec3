"""Integration events go to NATS JetStream, which drops those that it has already."""

import asyncio
from typing import TYPE_CHECKING

import orjson

from server.kernel.deliveries.settings import NatsSettings
from server.subdomains.event_notifications.errors import BrokerAway
from server.subdomains.event_notifications.events import IntegrationEvent

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

STREAM = "tenantry_integration"
SUBJECTS = "tenantry.integration"
_SECONDS = 5.0  # of a transaction that waits for it


class NatsBroker:
    """One connection, made when the first event is published. Subscribers listen to ``tenantry.integration.>``."""

    def __init__(self, settings: NatsSettings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._turn = asyncio.Lock()

    async def publish(self, event: IntegrationEvent) -> None:
        """
        Hand over an event, and wait until it is stored.

        Raises:
            BrokerAway: NATS did not say that it is.
        """
        # Not above: processes without this broker do not load its client.
        from nats.errors import Error  # noqa: PLC0415

        body = {"id": event.id, "name": event.name, "occurred_at": event.occurred_at.isoformat(), "data": event.data}
        try:
            async with asyncio.timeout(_SECONDS):
                stream = await self._stream()
                await stream.publish(
                    f"{SUBJECTS}.{event.name.partition('.')[0]}",
                    orjson.dumps(body),
                    stream=STREAM,
                    headers={"Nats-Msg-Id": event.id},
                )
        except (Error, OSError, TimeoutError) as error:
            await self._forget()
            raise BrokerAway(type(error).__name__) from error

    async def _stream(self) -> "JetStreamContext":
        from server.kernel.deliveries.nats_connection import client_of  # noqa: PLC0415  # as above

        async with self._turn:
            if self._client is None or not self._client.is_connected:
                self._client = await client_of(self._settings)
                await self._client.jetstream().add_stream(name=STREAM, subjects=[f"{SUBJECTS}.>"])
            return self._client.jetstream()

    async def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()
