"""docs/security.md as tables: what is said of each item, and the tests that are named for it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
DOES_NOT_APPLY = "does not apply"
NOT_MET = "not met"

_ROW = re.compile(r"^\| (\d+(?:\.\d+\.\d+)?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FORGERY = re.compile(r"forgery \*([^*]+)\*")


@dataclass(frozen=True)
class Row:
    """One item: what we do about it, and how that is proven."""

    item: str
    says: str
    proof: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """The file and the name of each test that is named."""
        return _TEST.findall(self.proof)

    @property
    def forgeries(self) -> list[str]:
        """The rows of the table of forgeries that are named."""
        return _FORGERY.findall(self.proof)

    @property
    def applies(self) -> bool:
        return not self.proof.startswith(DOES_NOT_APPLY)

    @property
    def is_proven(self) -> bool:
        return self.applies and not self.proof.startswith(NOT_MET) and bool(self.tests or self.forgeries)

    @property
    def is_readable(self) -> bool:
        """Whether the proof is one of the words of the page, then tests, and nothing else."""
        rest = _FORGERY.sub("", _TEST.sub("", self.proof))
        return re.fullmatch(f"({DOES_NOT_APPLY}|{NOT_MET})?", rest.strip(", ")) is not None


def rows(text: str | None = None) -> list[Row]:
    """Every row of the page's tables of items."""
    return [Row(*found) for found in _ROW.findall(PAGE.read_text() if text is None else text)]


def missing(named: list[tuple[str, str]]) -> Iterator[str]:
    """Those of the named tests that do not exist."""
    for file, name in named:
        if name not in tests_of(file):
            yield f"{file}::{name}"


@cache
def tests_of(file: str) -> frozenset[str]:
    """The tests that stand in a file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    functions = (node for node in ast.parse(path.read_text()).body if isinstance(node, _FUNCTION))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
