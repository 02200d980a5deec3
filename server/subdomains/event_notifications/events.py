"""What integration events say to the outside world. They are no domain events, and change only by a new name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationEvent:
    """Something that others may want to know. Its id makes repeats harmless."""

    id: str
    name: str
    occurred_at: datetime
    data: Mapping[str, Any]


def person_registered(id: str, occurred_at: datetime, root_id: str, registered: Mapping[str, Any]) -> IntegrationEvent:
    """Somebody can sign in from now on."""
    data = {
        "root_id": root_id,
        "username": registered.get("username") or "",
        "roles": registered["roles"],
        "features": registered["features"],
        "user_profile": registered["user_profile"],
    }
    return IntegrationEvent(id=id, name="person_registered.v1", occurred_at=occurred_at, data=data)
