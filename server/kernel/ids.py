"""
Identifiers in TypeID form: a prefix, an underscore, and a UUIDv7 in 26 characters of Crockford base32.

In the database they are native ``uuid``; see :class:`server.kernel.database.types.Id`.
"""

import os
import re
import threading
import time
from uuid import UUID

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_SHIFTS = tuple(range(120, -1, -10))
_TO_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_SUFFIX = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")
_SEQUENCE_BITS = 12
_REMEMBERED = 4_096
_RANDOMS_AT_ONCE = 64  # one call of the system for so many ids

_lock = threading.Lock()
_last = 0
_random = b""
_encoded: dict[tuple[str, UUID], str] = {}
_decoded: dict[tuple[str, str], UUID] = {}


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562) that is greater than every one this process has made before."""
    global _last, _random  # noqa: PLW0603  # the order of one process
    instant = (time.time_ns() // 1_000_000) << _SEQUENCE_BITS
    with _lock:
        _last = instant if instant > _last else _last + 1
        instant = _last
        if not _random:
            _random = os.urandom(8 * _RANDOMS_AT_ONCE)
        random, _random = int.from_bytes(_random[:8]) & ((1 << 62) - 1), _random[8:]
    milliseconds, sequence = instant >> _SEQUENCE_BITS, instant & ((1 << _SEQUENCE_BITS) - 1)
    return UUID(int=(milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | sequence << 64 | 2 << 62 | random)


def _forget_randoms() -> None:
    global _random  # noqa: PLW0603  # a child must not make the ids that its parent makes
    _random = b""


os.register_at_fork(after_in_child=_forget_randoms)


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
        found = UUID(int=int(suffix.translate(_TO_DIGITS), 32))
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
