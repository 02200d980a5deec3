"""What a deployment says about API keys."""

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class ApiKeysSettings(BaseSettings):
    """API keys"""

    model_config = ENVIRONMENT

    max_api_keys_per_user: int = Field(100, ge=1, le=10_000, description="Active API keys that a user may have.")
