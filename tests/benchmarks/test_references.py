"""What we are measured against runs, does what is measured, and refuses strangers."""

from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.cases import floor_cases, security_cases, twin_cases
from benchmarks.load.spell import own_generator
from benchmarks.processor_time import PROC
from benchmarks.run import take_turns
from benchmarks.stage import Stage


async def test_the_references_answer_and_their_processor_time_is_seen(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        stage = Stage(stack, tmp_path, own_generator)
        cases = [case for make in (floor_cases, twin_cases, security_cases) for case in await make(stage)]
        results = await take_turns(cases, rounds=1, seconds=0.2)

    assert len(results) == 6
    for samples in results.values():
        assert samples[0].rate > 0
        if PROC.exists():  # elsewhere processor time is not known
            assert sum(samples[0].processor_us.values()) > 0
