"""What a deployment says about second factors."""

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class MfaSettings(BaseSettings):
    """Second factors"""

    model_config = ENVIRONMENT

    mfa_issuer_name: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        pattern="^[^:]+$",
        description="What authenticator apps call the product.",
        json_schema_extra={"default": "the product's name"},
    )
    mfa_codes_per_hour: int | None = Field(
        None,
        ge=0,
        description="Codes that may be sent to one number or address in an hour, whoever asks; 0 is no limit.",
        json_schema_extra={"default": "20, in development 0"},
    )
