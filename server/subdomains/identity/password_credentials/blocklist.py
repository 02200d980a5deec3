"""The common and breached passwords that nobody may choose: shipped with the product, read once."""

import gzip
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "common_passwords.txt.gz"


@cache
def common_passwords() -> frozenset[str]:
    """The shipped list, case-folded."""
    with gzip.open(_FILE, "rt", encoding="utf-8") as lines:
        return frozenset(line.strip().casefold() for line in lines)
