"""
The 3,000 most frequent breached passwords of at least 8 characters, most frequent first.

The beginning of the list of SecLists that the shipped blocklist was made of; source and licence stand beside that.
"""

import gzip
from pathlib import Path


def most_frequent() -> list[str]:
    """All of them."""
    packed = (Path(__file__).parent / "data" / "top_3000.txt.gz").read_bytes()
    return gzip.decompress(packed).decode().split("\n")[:-1]
