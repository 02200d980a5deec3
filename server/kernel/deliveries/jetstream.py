"""What the engine asks of NATS JetStream: one work queue a kind, notices into it and out of it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, PubAck, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from server.kernel import ids
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.nats_connection import ANSWER_SECONDS, NatsAway, NatsConnection
from server.kernel.deliveries.settings import NatsSettings

_CONSUMER = "workers"
_ACK_WAIT_SECONDS = 10.0  # from fetching a notice to acknowledging it there is one statement
_DUPLICATE_SECONDS = 10.0
_NO_RESPONDERS = "503"


@dataclass(frozen=True, slots=True)
class Notice:
    """Says that a message is there to be taken. It comes again when it is not acknowledged."""

    id: UUID
    answer_to: str


class JetStream:
    """The work queues of this installation."""

    def __init__(self, settings: NatsSettings) -> None:
        self._prefix = settings.prefix
        self._wake_subject = f"{settings.prefix}.wake"
        self._wakers: list[Callable[[str], None]] = []
        self._connection = NatsConnection(settings, self._wake_subject, self._wake)

    def wake_by(self, wake: Callable[[str], None]) -> None:
        """Call *wake* with the queue when a worker has published notices of it."""
        self._wakers.append(wake)

    async def open(self, queue: Queue) -> bool:
        """
        Make the stream of *queue* and its consumer unless they are there. True when the stream had to be made.

        Raises:
            NatsAway: It could not be asked.
        """
        async with self._connection.asking() as link:
            name = self._stream(queue)
            if name in link.in_place:
                return False
            is_new = await self._make_stream(link.jetstream, name, self._subject(queue))
            config = ConsumerConfig(
                durable_name=_CONSUMER, ack_policy=AckPolicy.EXPLICIT, ack_wait=_ACK_WAIT_SECONDS, max_deliver=-1
            )
            await link.jetstream.add_consumer(name, config)
            link.in_place.add(name)
            return is_new

    async def publish(self, queue: Queue, message_ids: Sequence[UUID]) -> list[UUID]:
        """Put notices into the queue and tell the other workers. Returns those that may not have arrived."""
        answers: list[asyncio.Future[PubAck]] = []
        try:
            async with self._connection.asking() as link:
                await self._send(link.jetstream, self._subject(queue), message_ids, answers)
                await link.client.publish(self._wake_subject, queue.value.encode())
        except NatsAway:
            pass  # it has been said in the log, and whoever asked hears what has not arrived
        arrived = {each for each, answer in zip(message_ids, answers, strict=False) if _is_good(answer)}
        return [each for each in message_ids if each not in arrived]

    async def fetch(self, queue: Queue, size: int, *, seconds: float = 0) -> list[Notice]:
        """
        Take up to *size* notices out of the queue; if there are none, wait so many *seconds* for the first.

        Raises:
            NatsAway: It could not be asked.
        """
        async with self._connection.asking() as link:
            inbox = link.client.new_inbox()
            answers = await link.client.subscribe(inbox)
            try:
                pull = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream(queue)}.{_CONSUMER}"
                wanted = {"batch": size, "no_wait": True, "expires": round(seconds * 1e9)}
                await link.client.publish(pull, json.dumps(wanted).encode(), reply=inbox)
                found: list[Notice] = []
                for _ in range(size):
                    answer = await answers.next_msg(timeout=ANSWER_SECONDS)
                    status = (answer.headers or {}).get("Status")
                    if status == _NO_RESPONDERS:
                        raise nats.errors.NoRespondersError  # the stream is gone
                    if status:
                        break  # there are no more
                    text = answer.data.decode(errors="replace")
                    if ids.is_id("msg", text):
                        found.append(Notice(ids.decode("msg", text), answer.reply))
                    else:
                        await link.client.publish(answer.reply, b"+TERM")  # not of ours: it would come for ever
                return found
            finally:
                await answers.unsubscribe()

    async def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Let notices go. Those that could not be told to NATS come again, and find nothing to take."""
        try:
            async with self._connection.asking() as link:
                for notice in notices:
                    await link.client.publish(notice.answer_to, b"+ACK")
        except NatsAway:
            pass  # it has been said in the log

    async def close(self) -> None:
        """Leave, for good."""
        await self._connection.close()

    async def _make_stream(self, jetstream: JetStreamContext, name: str, subject: str) -> bool:
        try:
            await jetstream.stream_info(name)
        except NotFoundError:
            await jetstream.add_stream(
                StreamConfig(
                    name=name,
                    subjects=[subject],
                    retention=RetentionPolicy.WORK_QUEUE,
                    storage=StorageType.FILE,
                    duplicate_window=_DUPLICATE_SECONDS,
                )
            )
            return True
        return False

    async def _send(
        self,
        jetstream: JetStreamContext,
        subject: str,
        message_ids: Sequence[UUID],
        answers: "list[asyncio.Future[PubAck]]",
    ) -> None:
        dispatch = ids.uuid7().hex
        for each in message_ids:
            message_id = ids.encode("msg", each)
            # With the message's id alone a retry would be taken for a repeat, and swallowed.
            headers = {"Nats-Msg-Id": f"{message_id}.{dispatch}"}
            answers.append(await jetstream.publish_async(subject, message_id.encode(), headers=headers))
        async with asyncio.timeout(ANSWER_SECONDS):
            await asyncio.wait(answers)
        for answer in answers:
            answer.result()

    async def _wake(self, message: Msg) -> None:
        for wake in self._wakers:
            wake(message.data.decode())

    def _subject(self, queue: Queue) -> str:
        return f"{self._prefix}.deliveries.{queue.value}"

    def _stream(self, queue: Queue) -> str:
        return f"{self._prefix}_{queue.value}".upper()


def _is_good(answer: "asyncio.Future[PubAck]") -> bool:
    return answer.done() and not answer.cancelled() and answer.exception() is None
