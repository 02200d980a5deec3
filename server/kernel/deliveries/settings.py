"""How queued work is carried out."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from server.kernel.deliveries.engine import EngineSettings
from server.kernel.settings import ENVIRONMENT


@dataclass(frozen=True)
class NatsSettings:
    """Where NATS is, and how to be let in."""

    servers: tuple[str, ...]
    prefix: str = "tenantry"
    ca_file: Path | None = None


class DeliverySettings(BaseSettings):
    """Deliveries"""

    model_config = ENVIRONMENT

    queue_lease_seconds: float = Field(30, ge=1, le=3600, description="How long a worker may hold a message.")
    queue_max_attempts: int = Field(5, ge=1, le=50, description="Attempts after which a message is dead.")
    queue_backoff_base_seconds: float = Field(5, gt=0, description="Wait after the first failed attempt.")
    queue_backoff_factor: float = Field(5, ge=1, description="How much longer each further wait is.")
    queue_backoff_max_seconds: float = Field(3600, gt=0, description="The longest wait.")
    queue_engine: Literal["postgres", "nats"] = Field(
        "postgres", description="`postgres`, or `nats` to hand out messages over NATS JetStream, to many workers."
    )
    nats_url: SecretStr | None = Field(
        None,
        description="NATS servers, with commas between them: `nats://host:4222`, or `tls://…`; user and password, or a "
        "token, stand before the host as in any URL. Needed with `nats`.",
    )
    nats_ca_file: Path | None = Field(
        None, description="Certificates, in PEM, that NATS servers are verified by instead of the system's."
    )
    nats_prefix: str = Field(
        "tenantry",
        pattern=r"^[A-Za-z0-9_-]{1,32}$",
        description="How streams and subjects in NATS begin; one for each installation that shares a NATS.",
    )
    worker_target: str = Field(
        "", description="Where workers call the services, `host:port` or `unix:path`. Without it: the server's port."
    )

    @property
    def engine(self) -> EngineSettings:
        return EngineSettings(
            lease=timedelta(seconds=self.queue_lease_seconds),
            most_attempts=self.queue_max_attempts,
            backoff_base=timedelta(seconds=self.queue_backoff_base_seconds),
            backoff_factor=self.queue_backoff_factor,
            backoff_most=timedelta(seconds=self.queue_backoff_max_seconds),
        )

    @property
    def nats(self) -> NatsSettings:
        url = self.nats_url.get_secret_value() if self.nats_url else ""
        servers = tuple(server.strip() for server in url.split(",") if server.strip())
        return NatsSettings(servers, self.nats_prefix, self.nats_ca_file)

    @model_validator(mode="after")
    def _knows_its_servers(self) -> Self:
        if self.queue_engine == "nats" and not self.nats.servers:
            raise ValueError("with the engine nats, TENANTRY_NATS_URL is needed")
        if not all(server.startswith(("nats://", "tls://")) for server in self.nats.servers):
            raise ValueError("the addresses in TENANTRY_NATS_URL should begin with nats:// or tls://")
        if self.nats_ca_file and not self.nats_ca_file.is_file():
            raise ValueError("there is no file at TENANTRY_NATS_CA_FILE")
        return self
