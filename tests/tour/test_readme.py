"""The README's tours, pasted as a newcomer would, against everything that `make run` starts."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.whole_run import WholeRun, whole_run
from tests.tour.newcomer import environment_of
from tests.tour.readme import ROOT, Step, tours

END = "--- end of the block ---"
PASTED_INTO = {
    "bash": (["bash"], f"\necho; echo '{END}'\n"),
    "python": ([sys.executable, "-i", "-q"], f"\nprint('{END}')\n"),
}


@pytest_asyncio.fixture(scope="module")
async def run() -> AsyncIterator[WholeRun]:
    with tempfile.TemporaryDirectory(prefix="tenantry-tour-") as folder:
        async with whole_run(Path(folder) / "data") as found:
            yield found


@pytest.fixture
def environment(run: WholeRun, tmp_path: Path) -> dict[str, str]:
    return environment_of(run, tmp_path)


@pytest.mark.parametrize("title", tours())
async def test_a_tour_does_what_it_says(title, environment):
    steps = tours()[title]

    outputs, errors = await pasted(steps, environment)

    assert len(outputs) == len(steps), errors
    for step, output in zip(steps, outputs, strict=True):
        assert step.keeps_its_promise(output), f"{step.code}\npromised:\n{step.promised}\nsaid:\n{output}\n{errors}"
    assert "Traceback" not in errors


def test_there_are_three_tours():
    assert list(tours()) == ["curl", "buf curl", "Python"]


async def pasted(steps: Sequence[Step], environment: dict[str, str]) -> tuple[list[str], str]:
    """What comes out of each block, and all that is said besides."""
    [language] = {step.language for step in steps}
    command, end = PASTED_INTO[language]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    keys = "".join(step.code + end for step in steps).encode()
    async with asyncio.timeout(120):
        said, errors = await process.communicate(keys)
    return said.decode().split(END)[:-1], errors.decode()
