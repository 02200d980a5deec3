"""What a deployment says about its flags."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT


class FlagSettings(BaseSettings):
    """Feature flags"""

    model_config = ENVIRONMENT

    flags_provider: Literal["file", "flagd", "flagsmith"] = Field(
        "file", description="Where flags come from: a `file`, or the flag systems `flagd` or `flagsmith`."
    )
    flags_file: Path | None = Field(
        None,
        description="Flags in flagd's JSON format, read again when the file changes. Without it there are no flags.",
    )
    flagd_host: str = Field("localhost", min_length=1, description="Host of flagd.")
    flagd_port: int = Field(8013, ge=1, le=65535, description="Its port for evaluation by gRPC.")
    flagsmith_base_url: str = Field(
        "https://edge.api.flagsmith.com/api/v1/",
        pattern=r"^https?://[^\s/?#]+[^\s?#]*$",
        description="Flagsmith's API.",
    )
    flagsmith_environment_key: SecretStr = Field(
        SecretStr(""), description="Key of the environment in Flagsmith. Needed with `flagsmith`."
    )
    flags_cache_seconds: float = Field(
        300, ge=0, le=86400, description="How long is remembered what flagd or Flagsmith said."
    )
    flags_timeout_seconds: float = Field(
        1, gt=0, le=10, description="How long flagd or Flagsmith may take. They are asked twice."
    )

    @model_validator(mode="after")
    def _knows_its_environment(self) -> Self:
        if self.flags_provider == "flagsmith" and not self.flagsmith_environment_key.get_secret_value():
            raise ValueError("with the provider flagsmith, TENANTRY_FLAGSMITH_ENVIRONMENT_KEY is needed")
        return self
