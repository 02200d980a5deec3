"""What the reader gets: a table of the cases, and a line for each goal at the end."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.goals import Results, Verdict

COLUMNS = ("calls/s", "p50 ms", "p99 ms", "server µs", "postgres µs", "gateway µs")


def table(results: Results) -> str:
    """The medians of each case."""
    width = max(len(name) for name in results)
    lines = [" " * width + "".join(f"{column:>13}" for column in COLUMNS)]
    for name, samples in results.items():
        cells = [f"{median(sample.rate for sample in samples):.0f}"]
        latencies = median(sample.p50_ms for sample in samples), median(sample.p99_ms for sample in samples)
        cells += [f"{latency:.2f}" if latency else "" for latency in latencies]
        for group in ("server", "postgres", "gateway"):
            spent = median(sample.processor_us.get(group, 0.0) for sample in samples)
            cells.append(f"{spent:.0f}" if spent else "")
        lines.append(f"{name:<{width}}" + "".join(f"{cell:>13}" for cell in cells))
    return "\n".join(lines)


def line(verdict: Verdict) -> str:
    """`G1 0.91 0.88-0.95` and then what it means: name, median ratio, quartiles."""
    goal = verdict.goal
    bound = f"{'at most' if goal.at_most else 'at least'} {goal.bound:g}"
    met = "met" if verdict.met else "SHORT"
    return f"{goal.name} {verdict.ratio:.2f} {verdict.low:.2f}-{verdict.high:.2f}  {met}: {bound}, {goal.says}"


def write(path: Path, settings: dict[str, object], results: Results, verdicts: Sequence[Verdict]) -> None:
    """Keep every sample of every round, for whoever wants to look closer."""
    content = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"platform": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
        "settings": settings,
        "goals": {verdict.goal.name: [verdict.ratio, verdict.low, verdict.high] for verdict in verdicts},
        "cases": {name: [asdict(sample) for sample in samples] for name, samples in results.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, default=dict))
