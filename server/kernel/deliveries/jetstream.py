"""
What the engine asks of NATS JetStream: one work queue a kind, notices into it and out of it.

A connection that gives trouble is dropped, and made again when it is next needed. One line in the log says when NATS
went away, and one that it is back.
"""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, PubAck, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError, ServiceUnavailableError

from server.kernel import ids
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.settings import NatsSettings

log = logging.getLogger(__name__)

_CONSUMER = "workers"
_ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 1.0
_PING_SECONDS = 5
# From fetching a notice to acknowledging it there is one statement.
_ACK_WAIT_SECONDS = 10.0
_DUPLICATE_SECONDS = 10.0
_NO_RESPONDERS = "503"
_TROUBLE = (nats.errors.Error, OSError, TimeoutError)


class NatsAway(Exception):
    """NATS cannot be asked just now, and why."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Says that a message is there to be taken. It comes again when it is not acknowledged."""

    id: UUID
    answer_to: str


@dataclass(frozen=True, slots=True)
class _Link:
    client: Client
    jetstream: JetStreamContext


class JetStream:
    """The work queues of this installation, over one connection."""

    def __init__(self, settings: NatsSettings) -> None:
        self._settings = settings
        self._link: _Link | None = None
        self._connecting = asyncio.Lock()
        self._not_before = 0.0
        self._is_away = False
        self._is_closed = False
        self._opened: set[Queue] = set()
        self._wakers: list[Callable[[str], None]] = []

    def wake_by(self, wake: Callable[[str], None]) -> None:
        """Call *wake* with the queue when another worker has published notices of it."""
        self._wakers.append(wake)

    async def open(self, queue: Queue) -> bool:
        """
        Connect, and make the stream of *queue* unless it is there. True when it had to be made.

        Raises:
            NatsAway: It could not be reached.
        """
        async with self._asking() as link:
            if queue in self._opened:
                return False
            jetstream, name = link.jetstream, self._stream(queue)
            is_new = False
            try:
                await jetstream.stream_info(name)
            except NotFoundError:
                is_new = True
                await jetstream.add_stream(
                    StreamConfig(
                        name=name,
                        subjects=[self._subject(queue)],
                        retention=RetentionPolicy.WORK_QUEUE,
                        storage=StorageType.FILE,
                        duplicate_window=_DUPLICATE_SECONDS,
                    )
                )
            config = ConsumerConfig(
                durable_name=_CONSUMER, ack_policy=AckPolicy.EXPLICIT, ack_wait=_ACK_WAIT_SECONDS, max_deliver=-1
            )
            await jetstream.add_consumer(name, config)
            self._opened.add(queue)
            return is_new

    async def publish(self, queue: Queue, message_ids: Sequence[UUID]) -> list[UUID]:
        """Put notices into the queue and tell the other workers. Returns those that may not have arrived."""
        answers: list[asyncio.Future[PubAck]] = []
        try:
            async with self._asking() as link:
                await self._send(link.jetstream, queue, message_ids, answers)
                await link.client.publish(self._wake_subject, queue.value.encode())
        except NatsAway:
            pass  # it has been said in the log, and whoever asked hears what has not arrived
        arrived = {each for each, answer in zip(message_ids, answers, strict=False) if _is_good(answer)}
        return [each for each in message_ids if each not in arrived]

    async def fetch(self, queue: Queue, size: int) -> list[Notice]:
        """
        Take up to *size* notices out of the queue, without waiting for more to come.

        Raises:
            NatsAway: It could not be asked.
        """
        async with self._asking() as link:
            client = link.client
            inbox = client.new_inbox()
            answers = await client.subscribe(inbox)
            try:
                pull = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream(queue)}.{_CONSUMER}"
                await client.publish(pull, json.dumps({"batch": size, "no_wait": True}).encode(), reply=inbox)
                found: list[Notice] = []
                for _ in range(size):
                    answer = await answers.next_msg(timeout=_ANSWER_SECONDS)
                    status = (answer.headers or {}).get("Status")
                    if status == _NO_RESPONDERS:
                        raise nats.errors.NoRespondersError  # the stream is gone
                    if status:
                        break  # there are no more
                    text = answer.data.decode(errors="replace")
                    if ids.is_id("msg", text):
                        found.append(Notice(ids.decode("msg", text), answer.reply))
                    else:
                        await client.publish(answer.reply, b"+TERM")  # not of ours: it would come again for ever
                return found
            finally:
                await answers.unsubscribe()

    async def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Let notices go. Those that could not be told to NATS come again, and find nothing to take."""
        try:
            async with self._asking() as link:
                for notice in notices:
                    await link.client.publish(notice.answer_to, b"+ACK")
        except NatsAway:
            pass  # it has been said in the log

    async def close(self) -> None:
        """Leave, for good."""
        self._is_closed = True
        await self._drop()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[_Link]:
        """A connection. It is dropped on any trouble with it."""
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

    async def _send(
        self,
        jetstream: JetStreamContext,
        queue: Queue,
        message_ids: Sequence[UUID],
        answers: "list[asyncio.Future[PubAck]]",
    ) -> None:
        subject, dispatch = self._subject(queue), ids.uuid7().hex
        for each in message_ids:
            message_id = ids.encode("msg", each)
            # With the message's id alone a retry would be taken for a repeat, and swallowed.
            headers = {"Nats-Msg-Id": f"{message_id}.{dispatch}"}
            answers.append(await jetstream.publish_async(subject, message_id.encode(), headers=headers))
        async with asyncio.timeout(_ANSWER_SECONDS):
            await asyncio.wait(answers)
        for answer in answers:
            answer.result()

    async def _connected(self) -> _Link:
        async with self._connecting:
            if self._link is not None and self._link.client.is_connected:
                return self._link
            if self._is_closed or time.monotonic() < self._not_before:
                raise NatsAway
            await self._drop()
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    self._link = await self._connect()
            except _TROUBLE as error:
                self._not_before = time.monotonic() + _PAUSE_SECONDS
                raise self._away(error) from error
            return self._link

    async def _connect(self) -> _Link:
        client = await _client_of(self._settings)
        await client.subscribe(self._wake_subject, cb=self._wake)
        return _Link(client, client.jetstream(timeout=_ANSWER_SECONDS))

    async def _drop(self) -> None:
        link, self._link = self._link, None
        self._opened.clear()
        if link is not None and not link.client.is_closed:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await link.client.close()
            except _TROUBLE as error:
                log.debug("a connection to NATS did not close", extra={"error": type(error).__name__})

    def _away(self, error: Exception) -> NatsAway:
        if not self._is_away:
            log.warning("NATS is away; what is queued waits", extra={"error": type(error).__name__})
        self._is_away = True
        return NatsAway(type(error).__name__)

    async def _wake(self, message: Msg) -> None:
        for wake in self._wakers:
            wake(message.data.decode())

    @property
    def _wake_subject(self) -> str:
        return f"{self._settings.prefix}.wake"

    def _subject(self, queue: Queue) -> str:
        return f"{self._settings.prefix}.deliveries.{queue.value}"

    def _stream(self, queue: Queue) -> str:
        return f"{self._settings.prefix}_{queue.value}".upper()


async def version_of(settings: NatsSettings) -> str:
    """
    The version of the NATS that answers and has JetStream.

    Raises:
        NatsAway: There is none.
    """
    client: Client | None = None
    try:
        async with asyncio.timeout(2 * _ANSWER_SECONDS):
            client = await _client_of(settings)
            await client.jetstream(timeout=_ANSWER_SECONDS).account_info()
            version = client.connected_server_version
            return f"{version.major}.{version.minor}.{version.patch}"
    except (ServiceUnavailableError, nats.errors.NoRespondersError):
        raise NatsAway("it has no JetStream") from None
    except _TROUBLE as error:
        raise NatsAway(type(error).__name__) from None
    finally:
        if client is not None:
            await client.close()


async def _client_of(settings: NatsSettings) -> Client:
    client = Client()
    await client.connect(
        list(settings.servers),
        name="tenantry",
        allow_reconnect=False,  # what was there may be gone: a new connection looks again
        max_reconnect_attempts=1,
        reconnect_time_wait=0,
        error_cb=_heard,
        ping_interval=_PING_SECONDS,
        tls=ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None,
    )
    return client


async def _heard(error: Exception) -> None:
    """What a connection says of its own accord. The next question says it again."""
    log.debug("trouble with NATS", extra={"error": type(error).__name__})


def _is_good(answer: "asyncio.Future[PubAck]") -> bool:
    return answer.done() and not answer.cancelled() and answer.exception() is None
