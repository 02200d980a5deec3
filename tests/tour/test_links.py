"""The documentation leads somewhere: every link between its pages, and every file and make target it names."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.tour.readme import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "clients/python/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?:)([^)#\s|]+)[)#]")
TARGET = re.compile(r"(?:^|[`\n] *)make ([a-z][a-z-]*)(?=[`\s])")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_make_target_that_is_named_exists() -> None:
    named = {target for page in PAGES for target in TARGET.findall(page.read_text())}

    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert named - set(re.findall(r"^  make (\S+)", help_text, re.MULTILINE)) == set()
    assert named >= {"run", "test", "check"}
