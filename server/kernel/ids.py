"""
Identifiers in TypeID form: a prefix, an underscore, and a UUIDv7 in 26 characters of Crockford base32.

In the database they are native ``uuid``; see :class:`server.kernel.database.types.Id`.
"""

import os
import re
import struct
import threading
import time
from collections.abc import Callable
from uuid import UUID

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_SHIFTS = tuple(range(120, -1, -10))
_TO_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_SUFFIX = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")
_SEQUENCE_BITS = 12
_RANDOM_BITS = 62
_VERSION, _VARIANT = 7 << 12, 2 << _RANDOM_BITS
_REMEMBERED = 4_096
_RANDOMS_AT_ONCE = 64  # one call of the system for so many ids
_read_randoms = struct.Struct(f"{_RANDOMS_AT_ONCE}Q").unpack
_two_halves = struct.Struct(">QQ").pack


def _plain_uuid(value: bytes) -> UUID:
    return UUID(bytes=value)


_uuid: Callable[[bytes], UUID] = _plain_uuid

_lock = threading.Lock()
_last = 0
_randoms: list[int] = []
_encoded: dict[tuple[str, UUID], str] = {}
_decoded: dict[tuple[str, str], UUID] = {}


def use(kind: Callable[[bytes], UUID]) -> None:
    """Make UUIDs by *kind* from now on, of 16 bytes each."""
    global _uuid  # noqa: PLW0603  # one for the process, chosen when it imports the database
    _uuid = kind


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562) that is greater than every one this process has made before."""
    global _last  # noqa: PLW0603  # the order of one process
    instant = (time.time_ns() // 1_000_000) << _SEQUENCE_BITS
    with _lock:
        _last = instant = instant if instant > _last else _last + 1
        if not _randoms:
            _randoms.extend(_read_randoms(os.urandom(8 * _RANDOMS_AT_ONCE)))
        random = _randoms.pop() & ((1 << _RANDOM_BITS) - 1)
    milliseconds, sequence = instant >> _SEQUENCE_BITS, instant & ((1 << _SEQUENCE_BITS) - 1)
    return _uuid(_two_halves(milliseconds << 16 | _VERSION | sequence, _VARIANT | random))


# A child must not make the ids that its parent makes.
os.register_at_fork(after_in_child=_randoms.clear)


def encode(prefix: str, value: UUID) -> str:
    """Write a UUID as an id of this *prefix*."""
    found = _encoded.get((prefix, value))
    if found is None:
        number = value.int
        found = prefix + "_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])
        _remember(prefix, found, value)
    return found


def decode(prefix: str, text: str) -> UUID:
    """
    Read an id of this *prefix*.

    Raises:
        ValueError: It is malformed, or an id of another kind.
    """
    found = _decoded.get((prefix, text))
    if found is None:
        head, separator, suffix = text.rpartition("_")
        if head != prefix or not separator or _SUFFIX.fullmatch(suffix) is None:
            raise ValueError(f"not an id of kind {prefix}")
        found = _uuid(int(suffix.translate(_TO_DIGITS), 32).to_bytes(16))
        _remember(prefix, text, found)
    return found


def _remember(prefix: str, text: str, value: UUID) -> None:
    # Ids are written and read over and over: those of busy organizations and users, and a new one by its own use case.
    if len(_encoded) >= _REMEMBERED:
        _encoded.clear()
        _decoded.clear()
    _encoded[prefix, value] = text
    _decoded[prefix, text] = value


def is_id(prefix: str, text: str) -> bool:
    """Whether *text* is a well-formed id of this *prefix*."""
    head, _, suffix = text.rpartition("_")
    return head == prefix and _SUFFIX.fullmatch(suffix) is not None


def new_id(prefix: str) -> str:
    """Make a new id. Ids of one process sort in the order they were made."""
    return encode(prefix, uuid7())


def with_prefix(prefix: str, text: str) -> str:
    """The id of another kind that shares the suffix of *text*."""
    return f"{prefix}_{text.rpartition('_')[2]}"
