"""What one round of one case measured, and what a case is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.load.spell import Load
from benchmarks.load.target import Target
from benchmarks.processor_time import Stopwatch


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one case."""

    rate: float  # good answers a second
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    processor_us: Mapping[str, float] = field(default_factory=dict)  # per call, by group of processes
    refused: int = 0
    sign_ins: float = 0.0  # a second
    fsyncs: float = 0.0  # of PostgreSQL's log, per write


@dataclass(frozen=True, slots=True)
class Case:
    """Something that is measured: what runs for it is already started, `round` loads it for so many seconds."""

    name: str
    round: Callable[[float], Awaitable[Sample]]


def call_case(name: str, target: Target, load: Load, processes: Mapping[str, tuple[int, ...]]) -> Case:
    """The case that calls *target* in a closed loop while *processes* are watched."""

    async def round_of_calls(seconds: float) -> Sample:
        stopwatch = Stopwatch(processes)
        outcome = await load(target, seconds)
        spent = stopwatch.microseconds()
        if outcome.refused:
            raise RuntimeError(f"{name}: {outcome.refused} of {outcome.answered} calls were refused")
        return Sample(
            rate=outcome.rate,
            p50_ms=outcome.p50_ms,
            p99_ms=outcome.p99_ms,
            processor_us={group: time / outcome.answered for group, time in spent.items()},
            refused=outcome.refused,
        )

    return Case(name, round_of_calls)
