"""
`make bench`: all cases take turns, round by round, so that a noisy neighbour troubles both sides of a ratio.

    python -m benchmarks.run --rounds 7 --seconds 2 --only G1,G2

Ends with one line for each goal: name, median of the ratios of the rounds, and their quartiles.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import memory, report
from benchmarks.cases import make_cases
from benchmarks.goals import Goal, Verdict, chosen
from benchmarks.load import h2load
from benchmarks.load.spell import choose
from benchmarks.loop import run_loop
from benchmarks.sample import Case, Sample
from benchmarks.stage import Stage

RESULTS = Path("benchmarks", "results", "latest.json")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.strip().partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count, after one that does not (7)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a case's turn (2)")
    parser.add_argument("--only", help="goals to measure: G1,G4")
    parser.add_argument("--load", choices=("auto", "h2load", "own"), default="auto", help="who makes the load")
    parser.add_argument(
        "--memory", type=int, metavar="CALLS", help="after how many calls memory is taken (100000; 0: not at all)"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where every sample is kept, as JSON")
    return parser.parse_args()


async def take_turns(cases: Sequence[Case], rounds: int, seconds: float) -> dict[str, list[Sample]]:
    """Run every case once a round. The first round warms up and does not count."""
    results: dict[str, list[Sample]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):
        for case in cases:
            sample = await case.round(seconds)
            if number:
                results[case.name].append(sample)
        print(f"round {number} of {rounds}" if number else "warmed up", file=sys.stderr, flush=True)
    return results


async def bench(options: argparse.Namespace, goals: Sequence[Goal]) -> None:
    """Measure *goals* and print what came of it."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        async with AsyncExitStack() as stack:
            cases = await make_cases(Stage(stack, Path(folder), choose(options.load)), goals)
            results = await take_turns(cases, options.rounds, options.seconds)
    verdicts = [verdict for goal in goals if (verdict := Verdict.of(goal, results))]
    settings = {"rounds": options.rounds, "seconds": options.seconds, "h2load": options.load != "own"}
    report.write(options.results, settings, results, verdicts)
    asides = [report.line(verdict) for verdict in verdicts if verdict.goal.aside]
    lines = [report.line(verdict) for verdict in verdicts if not verdict.goal.aside]
    print("\n\n".join("\n".join(part) for part in ([report.table(results)], asides, lines) if part))


def main() -> None:
    options = arguments()
    goals = chosen(options.only)
    if options.load == "auto" and not h2load.installed():
        print(h2load.NOT_INSTALLED, file=sys.stderr)
        options.load = "own"
    run_loop(bench(options, goals))
    if options.memory is None:
        options.memory = 0 if options.only else memory.CALLS
    if options.memory:
        print(memory.line(options.memory, run_loop(memory.measure(options.memory))))


if __name__ == "__main__":
    main()
