"""Which trace something belongs to, as the header ``traceparent`` says it (W3C Trace Context)."""

import re
from dataclasses import dataclass

HEADER = "traceparent"
_FORM = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span somewhere: its trace, its id there, and whether the trace is recorded."""

    trace_id: str  # 32 digits of hexadecimal
    span_id: str  # 16 of them
    is_sampled: bool

    @property
    def header(self) -> str:
        """The value of ``traceparent`` for whoever is called from here."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"


def parse(header: object) -> TraceContext | None:
    """Read a ``traceparent``. What is malformed counts as absent: it must not stop a call."""
    if not isinstance(header, str) or len(header) > _LONGEST:
        return None
    found = _FORM.fullmatch(header)
    if found is None or (found[1] == "00" and found[5] is not None):
        return None
    return TraceContext(found[2], found[3], bool(int(found[4], 16) & _SAMPLED))
