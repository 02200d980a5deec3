"""How often each thing was measured. Names come from outside, so there is an end to them."""

from server.kernel.telemetry.metrics import Counter

_MOST_NAMES = 1000
_OTHER = "other"


class Measures:
    """
    Counts by name, the first thousand names; any other counts as ``other``.

    So nobody can blow up the store of metrics by inventing names.
    """

    def __init__(self, counter: Counter, most_names: int = _MOST_NAMES) -> None:
        self._counter = counter
        self._most_names = most_names
        self._names: set[str] = set()

    def add(self, name: str) -> None:
        """Count one of *name*."""
        if name not in self._names:
            if len(self._names) >= self._most_names:
                name = _OTHER
            else:
                self._names.add(name)
        self._counter.add(name=name)


MEASURES = Measures(Counter("tenantry.measures", "What was measured, by name.", "{event}"))
