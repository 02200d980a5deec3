"""Several inserts as one statement, so that a write is one round trip."""

import re
from collections.abc import Sequence
from typing import Any

from server.kernel.database.statements import SETTING, Statement

_PLACEHOLDER = re.compile(r"\$(\d+)")


class Merged:
    """The text of inserts that run together, made once for each combination."""

    def __init__(self) -> None:
        self._texts: dict[tuple[Statement, ...], str] = {}

    def of(
        self, writes: Sequence[tuple[Statement, list[Any]]], organization_setting: str | None
    ) -> tuple[str, list[Any]]:
        """
        One statement that does all *writes*, and its arguments.

        The first argument is the organization, which the inserts into its tables read from ``s`` (statements.py).
        """
        key = tuple([statement for statement, _ in writes])
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = _merge(key, [len(arguments) for _, arguments in writes])
        given: list[Any] = [organization_setting]
        for _, arguments in writes:
            given += arguments
        return text, given


def _merge(statements: Sequence[Statement], sizes: Sequence[int]) -> str:
    parts = [f"s AS MATERIALIZED (SELECT set_config('{SETTING}', $1::text, true))"]
    offset = 1
    for number, (statement, size) in enumerate(zip(statements, sizes, strict=True)):
        shifted = _PLACEHOLDER.sub(lambda found, by=offset: f"${int(found[1]) + by}", statement.sql)  # type: ignore[misc]
        parts.append(f"{statement.part_name or f'w{number}'} AS ({shifted})")
        offset += size
    return f"WITH {', '.join(parts)} SELECT 1"
