"""What stands in pages to be pasted, the README's tours above all, and what the page says comes out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

_TOUR = re.compile(r"^### With (?P<title>[^\n]+)\n(?P<text>.*?)(?=^##)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One block to paste, and the output promised for it; a ``…`` in that stands for anything."""

    language: str
    code: str
    promised: str = ""

    def keeps_its_promise(self, output: str) -> bool:
        """Whether the output is as it says."""
        lines = self.promised.strip().split("…")
        return re.search(".*".join(re.escape(line) for line in lines), output, re.DOTALL) is not None


def tours() -> dict[str, Sequence[Step]]:
    """Every tour by its title."""
    return {tour["title"]: steps_of(tour["text"]) for tour in _TOUR.finditer(README.read_text())}


def steps_of(text: str) -> list[Step]:
    """The blocks of a text, in order."""
    steps: list[Step] = []
    for fence in _FENCE.finditer(text):
        if fence["language"] == "text":
            steps[-1] = replace(steps[-1], promised=fence["content"])
        else:
            steps.append(Step(fence["language"], fence["content"]))
    return steps
