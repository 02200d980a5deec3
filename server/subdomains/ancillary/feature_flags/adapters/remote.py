"""
Flags of a remote system: asked for all flags of somebody at once, and remembered for a while.

So a page that looks at twenty flags asks once, and names that nobody has cost nothing. While the system fails, it is
asked twice, then left alone for a moment, so that whoever asks for a flag does not wait again and again.
"""

import asyncio
import logging
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, Reason

from server.kernel.clock import Clock
from server.subdomains.ancillary.feature_flags.adapters.boolean_provider import BooleanProvider

log = logging.getLogger(__name__)

Fetch = Callable[[EvaluationContext], Awaitable[Mapping[str, bool]]]
_Key = tuple[str | None, tuple[tuple[str, object], ...]]

_TRIES = 2
_MOST_CONTEXTS = 2000
_FAILURES_BEFORE_PAUSE = 3  # in a row; one failing user must not silence the flags of all others
_PAUSE = timedelta(seconds=5)
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class _Remembered:
    flags: Mapping[str, bool]
    until: datetime


class RemoteProvider(BooleanProvider):
    """What *fetch* says, the boolean flags of a context by name, remembered."""

    def __init__(self, name: str, fetch: Fetch, *, cache_seconds: float, timeout_seconds: float, now: Clock) -> None:
        super().__init__(name)
        self._name = name
        self._fetch = fetch
        self._cached_for = timedelta(seconds=cache_seconds)
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._remembered: OrderedDict[_Key, _Remembered] = OrderedDict()
        self._fetching: dict[_Key, asyncio.Task[None]] = {}
        self._failures = 0
        self._paused_until: datetime | None = None

    async def prepare(self, context: EvaluationContext) -> None:
        """Ask, unless it is remembered. Many who want the same wait for one answer."""
        key = _key_of(context)
        found = self._remembered.get(key)
        if found is not None and self._now() < found.until:
            self._remembered.move_to_end(key)
            return
        task = self._fetching.get(key)
        if task is None:
            self._remembered.pop(key, None)
            if self._paused_until is not None and self._now() < self._paused_until:
                return
            task = self._fetching[key] = asyncio.create_task(self._ask(key, context))
            task.add_done_callback(lambda _: self._fetching.pop(key))
        # Whoever gives up waiting leaves the answer to the others.
        await asyncio.shield(task)

    def names(self, context: EvaluationContext) -> Collection[str]:
        return self._flags(context).keys()

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        is_enabled = self._flags(evaluation_context or EvaluationContext()).get(flag_key)
        if is_enabled is None:
            raise FlagNotFoundError
        return FlagResolutionDetails(is_enabled, reason=Reason.CACHED)

    def _flags(self, context: EvaluationContext) -> Mapping[str, bool]:
        found = self._remembered.get(_key_of(context))
        if found is None:
            raise ProviderNotReadyError(f"{self._name} is away")
        return found.flags

    async def _ask(self, key: _Key, context: EvaluationContext) -> None:
        for _ in range(_TRIES):
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    flags = await self._fetch(context)
            except Exception as error:  # noqa: BLE001  # whatever is wrong with an outside party, it is away
                failure = error
            else:
                self._remember(key, flags)
                return
        self._fail(failure)

    def _remember(self, key: _Key, flags: Mapping[str, bool]) -> None:
        if self._failures:
            log.info("the flag system answers again", extra={"provider": self._name})
        self._failures, self._paused_until = 0, None
        # The same names come for everybody: kept once.
        flags = {sys.intern(name): is_enabled for name, is_enabled in flags.items()}
        self._remembered[key] = _Remembered(flags, self._now() + self._cached_for)
        self._remembered.move_to_end(key)
        if len(self._remembered) > _MOST_CONTEXTS:
            self._remembered.popitem(last=False)

    def _fail(self, failure: Exception) -> None:
        self._failures += 1
        if self._failures >= _FAILURES_BEFORE_PAUSE:
            self._paused_until = self._now() + _PAUSE
        said = " ".join(str(failure).split())[:_LONGEST_REASON]
        log.warning(
            "the flag system fails", extra={"provider": self._name, "reason": f"{type(failure).__name__}: {said}"}
        )


def _key_of(context: EvaluationContext) -> _Key:
    return context.targeting_key, tuple(sorted(context.attributes.items()))
