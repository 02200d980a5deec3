"""What a deployment says about webhooks."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class WebhookSettings(BaseSettings):
    """Webhooks of organizations"""

    model_config = ENVIRONMENT

    webhook_ports: str = Field("443,8443", description="Ports that endpoints of organizations may have, by commas.")
    webhook_allows_loopback: bool | None = Field(
        None,
        description="Also take endpoints on this machine, by `http` and on any port. Without it: in development only. "
        "Production refuses to start with it.",
    )
    webhook_endpoints: int = Field(
        20, ge=1, le=10_000, description="How many endpoints an organization may have. All are read for each event."
    )
    webhook_timeout_seconds: float = Field(
        15, gt=0, le=25, description="How long an endpoint may take to answer, from the look-up of its name on."
    )

    @field_validator("webhook_ports")
    @classmethod
    def _are_ports(cls, value: str) -> str:
        if not all(word.strip().isdecimal() and 0 < int(word) < 65_536 for word in value.split(",")):
            raise ValueError("should be ports, separated by commas")
        return value

    @property
    def ports(self) -> frozenset[int]:
        return frozenset(int(word) for word in self.webhook_ports.split(","))
