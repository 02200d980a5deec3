"""
Identifiers in TypeID form: a prefix, an underscore, and a UUIDv7 in 26 characters of Crockford base32.

In the database they are native ``uuid``; see :class:`server.kernel.database.types.Id`.
"""

import os
import re
import threading
import time
from functools import lru_cache
from uuid import UUID

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_SHIFTS = tuple(range(120, -1, -10))
_TO_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_SUFFIX = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")
_SEQUENCE_BITS = 12
_REMEMBERED = 16_384  # the ids of busy organizations, users and rows are written over and over

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562) that is greater than every one this process has made before."""
    global _last  # noqa: PLW0603  # the order of one process
    instant = (time.time_ns() // 1_000_000) << _SEQUENCE_BITS
    with _lock:
        _last = instant if instant > _last else _last + 1
        instant = _last
    milliseconds, sequence = instant >> _SEQUENCE_BITS, instant & ((1 << _SEQUENCE_BITS) - 1)
    random = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return UUID(int=(milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | sequence << 64 | 2 << 62 | random)


@lru_cache(_REMEMBERED)
def encode(prefix: str, value: UUID) -> str:
    """Write a UUID as an id of this *prefix*."""
    number = value.int
    return prefix + "_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


@lru_cache(_REMEMBERED)
def decode(prefix: str, text: str) -> UUID:
    """
    Read an id of this *prefix*.

    Raises:
        ValueError: It is malformed, or an id of another kind.
    """
    head, separator, suffix = text.rpartition("_")
    if head != prefix or not separator or _SUFFIX.fullmatch(suffix) is None:
        raise ValueError(f"not an id of kind {prefix}")
    return UUID(int=int(suffix.translate(_TO_DIGITS), 32))


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
