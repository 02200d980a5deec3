"""What can be recorded, and in which words."""

import re
from collections.abc import Sequence
from enum import StrEnum

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class TraceLevel(StrEnum):
    """How much attention a trace asks for."""

    DEBUG = "debug"
    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


def fill(template: str, arguments: Sequence[str]) -> str:
    """
    Put *arguments* in the places of ``{Name}``, by position, as one line.

    Places without an argument stay as they are, and arguments without a place are left out.
    """
    rest = iter(arguments)
    filled = _PLACEHOLDER.sub(lambda place: next(rest, place[0]), template)
    return _CONTROL.sub(" ", filled)
