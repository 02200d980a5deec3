"""Statements as a forgetful repository would write them: without the organization in their conditions."""

from typing import Any, cast

from sqlalchemy import BinaryExpression, BindParameter, ClauseElement, true
from sqlalchemy.sql import operators, visitors

from server.kernel.database.types import TENANT


def without_organization(element: ClauseElement) -> ClauseElement:
    """*element* with every ``organization_id = :organization_id`` taken out; a rewrite for ``Statements``."""
    found: Any = visitors.replacement_traverse(element, {}, _forget)
    return cast(ClauseElement, found)


def _forget(element: Any, **_: Any) -> Any:
    is_of_organization = (
        isinstance(element, BinaryExpression)
        and element.operator is operators.eq
        and isinstance(element.right, BindParameter)
        and element.right.key == TENANT
    )
    return true() if is_of_organization else None
