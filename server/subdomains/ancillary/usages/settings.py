"""What a deployment says about its usages."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class UsageSettings(BaseSettings):
    """Usages"""

    model_config = ENVIRONMENT

    usage_gateway: Literal["local", "posthog"] = Field(
        "local", description="`local` keeps usages in the database, for operators; `posthog` tells them to PostHog."
    )
    posthog_host: str = Field(
        "https://us.i.posthog.com",
        pattern=r"^https?://[^\s/?#]+[^\s?#]*$",
        description="Where PostHog takes events: of its cloud, or your own.",
    )
    posthog_api_key: SecretStr = Field(
        SecretStr(""), description="The key of the PostHog project. Needed with `posthog`."
    )

    @model_validator(mode="after")
    def _knows_its_project(self) -> Self:
        if self.usage_gateway == "posthog" and not self.posthog_api_key.get_secret_value().strip():
            raise ValueError("with the gateway posthog, TENANTRY_POSTHOG_API_KEY is needed")
        return self
