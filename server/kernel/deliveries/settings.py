"""How queued work is carried out."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.deliveries.engine import EngineSettings
from server.kernel.settings import ENVIRONMENT


class DeliverySettings(BaseSettings):
    """Deliveries"""

    model_config = ENVIRONMENT

    queue_lease_seconds: float = Field(30, ge=1, le=3600, description="How long a worker may hold a message.")
    queue_max_attempts: int = Field(5, ge=1, le=50, description="Attempts after which a message is dead.")
    queue_backoff_base_seconds: float = Field(5, gt=0, description="Wait after the first failed attempt.")
    queue_backoff_factor: float = Field(5, ge=1, description="How much longer each further wait is.")
    queue_backoff_max_seconds: float = Field(3600, gt=0, description="The longest wait.")
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
