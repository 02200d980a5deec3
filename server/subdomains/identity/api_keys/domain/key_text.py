"""
The text of an API key: ``tenantry_``, the key's own id without its prefix, ``_``, a secret, and a checksum.

The checksum is for scanners that look for leaked keys and for typing errors. It keeps nobody out.
"""

import re
import secrets
import zlib

_BRAND = "tenantry_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_BYTES = 32
_SECRET_LENGTH = 43
_CHECKSUM_LENGTH = 6
_FORMAT = re.compile(
    rf"{_BRAND}([0-7][0-9a-hjkmnp-tv-z]{{25}})_[0-9A-Za-z]{{{_SECRET_LENGTH}}}([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})"
)


def new_text(key_id: str) -> str:
    """A text for the key with this id, with a secret that nobody can guess."""
    secret = _base62(int.from_bytes(secrets.token_bytes(_SECRET_BYTES)), _SECRET_LENGTH)
    text = f"{prefix_of(key_id)}_{secret}"
    return text + _checksum_of(text)


def prefix_of(key_id: str) -> str:
    """How the text of the key with this id begins: what may be shown."""
    return _BRAND + key_id.rpartition("_")[2]


def id_in(text: str) -> str | None:
    """The id of the key that a text is of; ``None`` when it is no text of a key at all."""
    found = _FORMAT.fullmatch(text)
    if found is None or _checksum_of(text[:-_CHECKSUM_LENGTH]) != found[2]:
        return None
    return f"apikey_{found[1]}"


def _checksum_of(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
