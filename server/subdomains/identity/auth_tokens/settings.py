"""How long sessions and their tokens live."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class AuthTokensSettings(BaseSettings):
    """Sessions"""

    model_config = ENVIRONMENT

    access_token_ttl_seconds: int = Field(900, ge=1, le=86_400, description="Lifetime of an access token.")
    refresh_token_ttl_seconds: int = Field(
        1_209_600, ge=1, le=31_536_000, description="Lifetime of a refresh token: how long a session may lie idle."
    )
    session_max_ttl_seconds: int = Field(
        7_776_000, ge=1, le=31_536_000, description="Lifetime of a session, however often it is refreshed."
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if not self.access_token_ttl_seconds <= self.refresh_token_ttl_seconds <= self.session_max_ttl_seconds:
            raise ValueError(
                "TENANTRY_ACCESS_TOKEN_TTL_SECONDS, TENANTRY_REFRESH_TOKEN_TTL_SECONDS and "
                "TENANTRY_SESSION_MAX_TTL_SECONDS should not decrease in this order"
            )
        return self
