"""What a deployment calls itself."""

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class HealthSettings(BaseSettings):
    """Health"""

    model_config = ENVIRONMENT

    service_name: str = Field("tenantry", min_length=1, description="The name that `GET /health` answers with.")
