"""
The common and breached passwords that nobody may choose: shipped with the product, asked without any network.

Half a million digests, sorted, in a file that is mapped into memory: a question reads a few pages of it, which all
processes share. See ``data/README.md`` for where they come from, and ``tooling/blocklist.py`` for how they get there.
"""

import mmap
from bisect import bisect_left
from functools import cache
from hashlib import sha256
from pathlib import Path

FILE = Path(__file__).parent / "data" / "breached_passwords.bin"
DIGEST_BYTES = 6  # among half a million, a password that is not in the list has a digest that is: 2 in a billion


def digest_of(folded: str) -> bytes:
    """What is kept of a password that is in NFC and case-folded."""
    return sha256(folded.encode()).digest()[:DIGEST_BYTES]


class Blocklist:
    """Passwords, of which only digests are known."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._digests = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._digests) // DIGEST_BYTES

    def __contains__(self, folded: object) -> bool:
        if not isinstance(folded, str):
            return False
        wanted = digest_of(folded)
        place = bisect_left(range(len(self)), wanted, key=self._at)
        return place < len(self) and self._at(place) == wanted

    def _at(self, place: int) -> bytes:
        start = place * DIGEST_BYTES
        return self._digests[start : start + DIGEST_BYTES]


@cache
def common_passwords() -> Blocklist:
    """The shipped list."""
    return Blocklist(FILE)
