"""Who is told of domain events, and how."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class EventSubscriber(BaseModel):
    """A subscription that another server consumes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subscription: str = Field(min_length=1, max_length=50)
    address: str = Field(min_length=1)
    audience: str = Field(min_length=1)
    events: tuple[str, ...] | None = None
    start: Literal["now", "beginning"] = "now"


class BusSettings(BaseSettings):
    """Message bus"""

    model_config = ENVIRONMENT

    subscription_prefix: str = Field(
        "tenantry", pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,20}$", description="What the names of subscriptions begin with."
    )
    events_mode: Literal["direct", "queued"] = Field(
        "direct",
        description="`direct`: subdomains on the same database react in the transaction that published. `queued`: they "
        "too are served over the bus; not in production.",
    )
    event_subscribers: tuple[EventSubscriber, ...] = Field(
        (),
        description="Other servers that are given events: a JSON list of objects with `subscription`, `address` "
        "(`host:port` of its gRPC), `audience` (its `SERVICE_TOKEN_AUDIENCE`), and optionally `events` (names such as "
        "`users.end_user_created.v1`; all of them without it) and `start` (`now`, or `beginning` for everything that "
        "has ever happened).",
    )
