"""
What is counted in this process: plain numbers, added up where things happen and read when somebody collects them.

Instruments stand at the level of modules, as they are the process's. Their names and attributes are those of
OpenTelemetry; attributes come from the program, never freely from callers, so that they stay few.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Attributes = tuple[tuple[str, str], ...]
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_instruments: "list[Counter | Gauge | Histogram]" = []


class Kind(StrEnum):
    """How the numbers of an instrument are to be read."""

    SUM = "sum"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Reading:
    """What an instrument says now: a value for each combination of attributes."""

    name: str
    description: str
    unit: str
    kind: Kind
    points: Sequence[tuple[Attributes, Any]]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often values fell between the bounds of :data:`SECONDS`."""

    counts: Sequence[int]
    sum: float
    least: float
    most: float

    @property
    def count(self) -> int:
        return sum(self.counts)


class Counter:
    """Only grows."""

    def __init__(self, name: str, description: str, unit: str = "1") -> None:
        self.name, self.description, self.unit = name, description, unit
        self._values: dict[Attributes, int] = {}
        _instruments.append(self)

    def add(self, amount: int = 1, **attributes: str) -> None:
        key = _key(attributes)
        self._values[key] = self._values.get(key, 0) + amount

    def value(self, **attributes: str) -> int:
        """How much was counted of this."""
        return self._values.get(_key(attributes), 0)

    def read(self) -> Reading:
        return Reading(self.name, self.description, self.unit, Kind.SUM, list(self._values.items()))


class Gauge:
    """Has a value now."""

    def __init__(self, name: str, description: str, unit: str = "1") -> None:
        self.name, self.description, self.unit = name, description, unit
        self._values: dict[Attributes, float] = {}
        _instruments.append(self)

    def set(self, value: float, **attributes: str) -> None:
        self._values[_key(attributes)] = value

    def read(self) -> Reading:
        return Reading(self.name, self.description, self.unit, Kind.GAUGE, list(self._values.items()))


class Series:
    """The values of one combination of attributes of a histogram."""

    __slots__ = ("_counts", "_least", "_most", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._sum, self._least, self._most = 0.0, float("inf"), 0.0

    def record(self, value: float) -> None:
        self._counts[bisect_left(SECONDS, value)] += 1
        self._sum += value
        if value < self._least:  # noqa: PLR1730  # quicker than min, and done for every call
            self._least = value
        if value > self._most:  # noqa: PLR1730  # as above
            self._most = value

    def read(self) -> Distribution:
        return Distribution(tuple(self._counts), self._sum, self._least, self._most)


class Histogram:
    """How long things take, in seconds."""

    def __init__(self, name: str, description: str) -> None:
        self.name, self.description = name, description
        self._series: dict[Attributes, Series] = {}
        _instruments.append(self)

    def series(self, **attributes: str) -> Series:
        """The series of these attributes, to be kept by whoever records often."""
        return self._series.setdefault(_key(attributes), Series())

    def read(self) -> Reading:
        points = [(key, series.read()) for key, series in list(self._series.items())]
        return Reading(self.name, self.description, "s", Kind.HISTOGRAM, points)


def read_all() -> list[Reading]:
    """What all instruments say that have something to say."""
    return [reading for reading in (instrument.read() for instrument in _instruments) if reading.points]


def _key(attributes: Mapping[str, str]) -> Attributes:
    return tuple(sorted(attributes.items()))
