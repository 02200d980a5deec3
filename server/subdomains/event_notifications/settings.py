"""What a deployment says about event notifications."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class EventNotificationsSettings(BaseSettings):
    """Event notifications"""

    model_config = ENVIRONMENT

    event_notifications_retention_days: int = Field(
        30, ge=1, le=3650, description="How long it is remembered what became of events in each subscription."
    )
    testing_subscription: bool = Field(
        True, description="In development: a subscription that takes every event over the bus, and does nothing."
    )
    integration_broker: Literal["none", "nats"] = Field(
        "none", description="Where integration events go: nowhere, or to NATS JetStream."
    )
    nats_url: SecretStr | None = Field(
        None,
        description="NATS servers of the integration broker, with commas between them: `nats://host:4222`, `tls://…`.",
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.integration_broker == "nats" and self.nats_url is None:
            raise ValueError("with the integration broker nats, TENANTRY_NATS_URL is needed")
        return self
