"""Lengths of time by the calendar."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class PeriodUnit(StrEnum):
    """A unit of time by the calendar."""

    ETERNITY = "eternity"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """So many units."""

    frequency: int
    unit: PeriodUnit

    @property
    def shown(self) -> "Period":
        """As a subscription shows it."""
        return ETERNITY if self.unit is PeriodUnit.ETERNITY else self

    def end(self, start: datetime) -> datetime | None:
        """When one that begins at *start* ends; never, if it is eternal."""
        match self.unit:
            case PeriodUnit.ETERNITY:
                return None
            case PeriodUnit.DAY:
                return start + timedelta(days=self.frequency)
            case PeriodUnit.WEEK:
                return start + timedelta(weeks=self.frequency)
            case PeriodUnit.MONTH:
                return _months_later(start, self.frequency)
            case PeriodUnit.YEAR:
                return _months_later(start, 12 * self.frequency)


ETERNITY = Period(0, PeriodUnit.ETERNITY)  # as subscriptions show it: no frequency


def _months_later(start: datetime, months: int) -> datetime:
    # The 31st of a month that has only 30 days is its last day.
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)
