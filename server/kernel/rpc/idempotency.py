"""
A repeat with the same request_id gets the first answer and does nothing again (AIP-155).

The answer commits in the same transaction as its effects, so no crash can part them. Of two equal calls at once the
second waits (in this process), or loses at the unique key and takes the first's answer (in another).
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from google.protobuf.message import Message
from sqlalchemy import Column, LargeBinary, Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from tenantry.options.v1.access_pb2 import IDEMPOTENCY_TOKENS

from server.kernel.access.caller import Call
from server.kernel.database import Database
from server.kernel.database.event_log import metadata
from server.kernel.database.types import Instant
from server.kernel.errors import ConcurrentModification, Refusal, RequestIdReused
from server.kernel.rpc.methods import Method
from server.kernel.security.secrets import SecretKeys
from server.kernel.turns import Turns

kept_answer = Table(
    "kept_answer",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

_FIND = select(kept_answer.c.body, kept_answer.c.answer).where(
    kept_answer.c.key == bindparam("key"), kept_answer.c.expires_at > bindparam("now", type_=Instant)
)
_new = insert(kept_answer)
_KEEP = _new.values({name: bindparam(name) for name in ("key", "body", "answer", "expires_at")}).on_conflict_do_update(
    index_elements=[kept_answer.c.key],
    set_={name: _new.excluded[name] for name in ("body", "answer", "expires_at")},
    where=kept_answer.c.expires_at <= bindparam("now", type_=Instant),
)
_FORGET = delete(kept_answer).where(kept_answer.c.expires_at <= bindparam("now", type_=Instant))

_PURPOSE = "kept-answer"
_BODY = "request-body"
Answer = Callable[[], Awaitable[bytes]]


class Idempotency:
    """Keeps the answers of calls that carry a request_id."""

    def __init__(self, database: Database, secrets: SecretKeys) -> None:
        self._database = database
        self._secrets = secrets
        self._turns = Turns()

    async def answer(self, call: Call, method: Method, request: Message, proceed: Answer) -> bytes:
        """
        The kept answer of an equal earlier call, or the one of *proceed*, which is kept.

        Raises:
            RequestIdReused: The same request_id came with another body.
        """
        key, body = _marks(call, method, request)
        async with self._turns.of(key):
            kept = await self._find(key, body)
            if kept is not None:
                return kept
            call.holds_commit = True
            try:
                answer = await proceed()
            except Refusal:
                # A refusal may still have counted something (a failed sign-in). It may also be the echo of an equal
                # call that another process has just carried out.
                await self._complete(call)
                kept = await self._find(key, body)
                if kept is None:
                    raise
                return kept
            except BaseException:
                await self._abandon(call)
                raise
            return await self._keep(call, method, key, body, answer)

    async def forget_expired(self) -> int:
        """Delete answers that nobody may ask for any more."""
        async with self._database.begin() as uow:
            return await uow.execute(_FORGET, {"now": self._database.now()})

    async def _find(self, key: bytes, body: bytes) -> bytes | None:
        row = await self._database.reader.fetch_one(_FIND, {"key": key, "now": self._database.now()})
        if row is None:
            return None
        if not self._secrets.is_signature(_BODY, body, row.body):
            raise RequestIdReused
        return self._secrets.open(_PURPOSE, row.answer, key)

    async def _keep(self, call: Call, method: Method, key: bytes, body: bytes, answer: bytes) -> bytes:
        now = self._database.now()
        lifetime = timedelta(seconds=10) if method.idempotency == IDEMPOTENCY_TOKENS else timedelta(days=1)
        sealed = self._secrets.seal(_PURPOSE, answer, key)
        mark = self._secrets.sign(_BODY, body)
        row = {"key": key, "body": mark, "answer": sealed, "expires_at": now + lifetime, "now": now}
        uow, call.held, call.holds_commit = call.held, None, False
        uow = uow or self._database.begin()
        try:
            async with uow:
                if not await uow.execute(_KEEP, row):
                    raise _LostRace
        except _LostRace:
            kept = await self._find(key, body)
            if kept is None:
                raise ConcurrentModification from None
            return kept
        return answer

    async def _complete(self, call: Call) -> None:
        uow, call.held, call.holds_commit = call.held, None, False
        if uow is not None:
            await uow.complete()

    async def _abandon(self, call: Call) -> None:
        uow, call.held, call.holds_commit = call.held, None, False
        if uow is not None:
            await uow.abandon()


def _marks(call: Call, method: Method, request: Message) -> tuple[bytes, bytes]:
    """By what a repeat is found, and what it must say."""
    # Without a key: a request_id is random and no secret, and must be found when keys have rotated.
    who = f"{method.path}|{call.caller.user_id}|{request.request_id.lower()}"  # type: ignore[attr-defined]
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("request_id")
    body = method.path.encode() + b"|" + bare.SerializeToString(deterministic=True)
    return hashlib.sha256(who.encode()).digest(), body


class _LostRace(Exception):
    """Another process carried out an equal call first."""
