"""
The blocklist of passwords: make it from lists, and measure it.

``python -m tooling.blocklist LIST...`` writes the shipped file from text files of one password a line (``.gz`` too);
``data/README.md`` beside it names those that it was made of. ``python -m tooling.blocklist`` measures what is shipped:
how many good passwords it refuses, and what a question costs.
"""

import argparse
import gzip
import random
import re
import resource
import string
import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from server.subdomains.identity.password_credentials.blocklist import FILE, Blocklist, digest_of
from server.subdomains.identity.password_credentials.domain.passwords import LONGEST

ROOT = Path(__file__).resolve().parent.parent
SHORTEST = 8  # what is shorter is refused for that
_SOME = 200_000


def main() -> None:
    """Write the file, or measure it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lists", nargs="*", type=Path, metavar="LIST")
    lists = parser.parse_args().lists
    if lists:
        print(f"{write(lists, FILE)} passwords in {FILE.relative_to(ROOT)}")
    else:
        measure()


def write(lists: Sequence[Path], file: Path) -> int:
    """Write the digests of all passwords of *lists* that somebody could choose; how many there are."""
    digests = sorted({digest_of(password) for path in lists for password in passwords_of(path)})
    file.write_bytes(b"".join(digests))
    return len(digests)


def passwords_of(path: Path) -> Iterator[str]:
    """The passwords of a list as they are compared: in NFC, case-folded, and long enough."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for line in text.decode(errors="ignore").splitlines():
        folded = unicodedata.normalize("NFC", line).casefold()
        if SHORTEST <= len(folded) <= LONGEST:
            yield folded


def measure() -> None:
    """Print how many random passwords are refused, and what it costs."""
    chance = random.Random(1)
    asked = [random_characters(chance) for _ in range(_SOME // 10)]
    before = _resident_bytes()
    blocklist = Blocklist(FILE)
    for password in asked:
        assert password not in blocklist
    print(f"memory: {(_resident_bytes() - before) / 1e6:.1f} MB, which processes share, after {len(asked):,} questions")
    print(f"{len(blocklist):,} passwords, {FILE.stat().st_size / 1e6:.1f} MB on disk")
    for name, makes in KINDS.items():
        made = [makes(chance).casefold() for _ in range(_SOME)]
        started = time.perf_counter()
        refused = sum(password in blocklist for password in made)
        microseconds = (time.perf_counter() - started) / _SOME * 1e6
        print(f"{name}: {refused} of {_SOME:,} refused, {microseconds:.1f} µs each")


def random_characters(chance: random.Random, *, length: int | None = None) -> str:
    """What a password manager makes."""
    characters = string.ascii_letters + string.digits + string.punctuation
    return "".join(chance.choices(characters, k=length or chance.randint(SHORTEST, LONGEST)))


def random_letters(chance: random.Random) -> str:
    """The shortest that is allowed, of letters and digits only."""
    return "".join(chance.choices(string.ascii_lowercase + string.digits, k=SHORTEST))


def random_passphrase(chance: random.Random) -> str:
    """Three to six words, with or without something between them."""
    return chance.choice(["", " ", "-", "."]).join(chance.choices(_words(), k=chance.randint(3, 6)))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _words() -> list[str]:
    if not _WORDS:
        text = " ".join(path.read_text() for path in sorted((ROOT / "docs").rglob("*.md")))
        _WORDS.extend(sorted(set(re.findall(r"\b[a-z]{4,9}\b", text))))
    return _WORDS


_WORDS: list[str] = []
KINDS = {
    "random characters, 8 to 200": random_characters,
    "random letters and digits, 8": random_letters,
    "random words, 3 to 6": random_passphrase,
}

if __name__ == "__main__":
    main()
