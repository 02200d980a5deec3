"""Flags of a file in flagd's format, evaluated in process and read again while the server runs."""

import asyncio
import json
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, OpenFeatureError
from openfeature.flag_evaluation import FlagResolutionDetails

from server.kernel.settings import SettingsError
from server.subdomains.ancillary.feature_flags.adapters.boolean_provider import BooleanProvider

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 0.1  # with a disk that does not answer: calls go on with what is known

_Signature = tuple[int, int, int] | None  # None while there is no file


class BadFlagsFile(Exception):
    """It cannot be read, or does not hold flags."""


@dataclass(frozen=True)
class Flags:
    """What a file says."""

    core: FlagdCore
    names: frozenset[str]


class FlagsFileProvider(BooleanProvider):
    """Flags of a file; none without one. A file that breaks while the server runs changes nothing."""

    def __init__(self, path: Path | None) -> None:
        super().__init__("flags file")
        self._path = path
        self._flags = Flags(FlagdCore(), frozenset())
        self._signature: _Signature = None
        self._next_look = time.monotonic() + _LOOK_EVERY_SECONDS
        self._look: asyncio.Future[None] | None = None
        if path is not None:
            self._signature = _signature_of(path)
            try:
                self._flags = read_flags(path)
            except BadFlagsFile as error:
                raise SettingsError(f"TENANTRY_FLAGS_FILE is wrong: {error}") from None

    async def prepare(self, context: EvaluationContext) -> None:
        """Look, every second at most and in a thread, whether the file has changed."""
        if self._path is None or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_EVERY_SECONDS
        if self._look is None or self._look.done():
            self._look = asyncio.ensure_future(asyncio.to_thread(self._read_again, self._path))
            await asyncio.wait([self._look], timeout=_PATIENCE_SECONDS)

    def names(self, context: EvaluationContext) -> Collection[str]:
        return self._flags.names

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        flags = self._flags
        if flag_key not in flags.names:
            raise FlagNotFoundError
        return flags.core.resolve_boolean_value(flag_key, default_value, evaluation_context)

    def _read_again(self, path: Path) -> None:
        signature = _signature_of(path)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            self._flags = read_flags(path)
        except BadFlagsFile as error:
            log.warning("the flags file is wrong; flags stay as they were", extra={"reason": str(error)})
        else:
            log.info("flags were read again", extra={"count": len(self._flags.names)})


def read_flags(path: Path) -> Flags:
    """
    Read a file in flagd's format.

    Raises:
        BadFlagsFile: It cannot be read, or does not hold flags.
    """
    core = FlagdCore()
    try:
        text = path.read_text()
        flags = _flags_of(json.loads(text))
        core.set_flags(text)
    except (OSError, ValueError, RecursionError) as error:
        raise BadFlagsFile(error) from None
    except OpenFeatureError as error:
        raise BadFlagsFile(error.error_message or "it is not in flagd's format") from None
    for name, flag in flags.items():
        default = flag.get("defaultVariant")
        if default not in (None, "") and _variant(default) not in flag["variants"]:
            raise BadFlagsFile(f"the defaultVariant of {name} is none of its variants")
    return Flags(core, frozenset(name for name, flag in flags.items() if _is_boolean(flag)))


def _flags_of(content: Any) -> dict[str, dict[str, Any]]:
    flags = content.get("flags") if isinstance(content, dict) else None
    if not isinstance(flags, dict) or not all(isinstance(flag, dict) for flag in flags.values()):
        raise BadFlagsFile('it must hold a JSON object with the object "flags", of objects')
    if not isinstance(content.get("$evaluators", {}), dict):
        raise BadFlagsFile('"$evaluators" must be an object')
    return flags


def _is_boolean(flag: dict[str, Any]) -> bool:
    return all(isinstance(value, bool) for value in flag["variants"].values())


def _variant(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _signature_of(path: Path) -> _Signature:
    """What changes when the file does, also when another one takes its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
