"""The last lines of the bench: what scripts and people read."""

from benchmarks.goals import GOALS, Goal, Verdict, chosen
from benchmarks.report import line, table
from benchmarks.sample import Sample


def rates(*values: float) -> list[Sample]:
    return [Sample(rate=value, p50_ms=1, p99_ms=2, processor_us={"server": 1000 / value}) for value in values]


def test_a_goal_is_its_name_the_median_ratio_and_the_quartiles() -> None:
    results = {"read": rates(80, 90, 100), "floor": rates(100, 100, 100)}

    verdict = Verdict.of(Goal("G1", "one of the other", "read", "floor", 0.85), results)

    assert verdict is not None
    assert line(verdict) == "G1 0.90 0.85-0.95  met: at least 0.85, one of the other"


def test_ratios_are_those_of_the_same_round() -> None:
    results = {"read": rates(10, 100), "floor": rates(10, 100)}

    verdict = Verdict.of(Goal("G1", "", "read", "floor", 1), results)

    assert verdict is not None
    assert (verdict.low, verdict.high) == (1, 1)


def test_a_goal_that_is_missed_says_so() -> None:
    verdict = Verdict(Goal("G7", "p99", "busy", "idle", 6, at_most=True), 7.0, 6.5, 9.0)

    assert line(verdict) == "G7 7.00 6.50-9.00  SHORT: at most 6, p99"


def test_goals_are_chosen_by_name_or_by_number() -> None:
    assert {goal.name for goal in chosen("g4-read")} == {"G4-read"}
    assert {goal.name for goal in chosen("G5,G1")} == {"G5-token", "G5-rls", "G1", "G1-echo", "G1-cpu"}
    assert chosen(None) == list(GOALS)


def test_the_table_leaves_out_what_was_not_measured() -> None:
    shown = table({"read": rates(100)}).splitlines()[1].split()

    assert shown == ["read", "100", "1.00", "2.00", "10"]
