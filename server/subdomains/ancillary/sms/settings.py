"""What a deployment says about its SMS."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from server.kernel.settings import ENVIRONMENT, variable_name

_ADDRESS = r"^https?://[^\s/?#]+[^\s?#]*$"
_NEEDED_BY_TWILIO = (
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_sender_phone_number",
    "twilio_webhook_callback_url",
)


class SmsSettings(BaseSettings):
    """SMS"""

    model_config = ENVIRONMENT

    sms_gateway: Literal["capture", "twilio"] = Field(
        "capture",
        description="`capture` keeps SMS in the database and prints them in development; `twilio` hands them to "
        "Twilio.",
    )
    twilio_base_url: str = Field("https://api.twilio.com", pattern=_ADDRESS, description="Where Twilio's API is.")
    twilio_account_sid: str = Field(
        "", pattern=r"^(AC[0-9a-f]{32})?$", description="Account at Twilio: `AC…`. Needed with `twilio`."
    )
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="Its secret, which signs Twilio's reports too. Needed with `twilio`."
    )
    twilio_sender_phone_number: str = Field(
        "",
        pattern=r"^(\+[1-9][0-9]{6,14})?$",
        description="The number at Twilio that SMS come from: `+…`. Needed with `twilio`.",
    )
    twilio_webhook_callback_url: str = Field(
        "",
        pattern=rf"^$|{_ADDRESS}",
        description="Where Twilio reports what became of an SMS: the address of `POST /webhooks/twilio` as the outside "
        "sees it. Needed with `twilio`.",
    )
    twilio_timeout_seconds: float = Field(15, gt=0, le=25, description="How long Twilio may take for one SMS.")

    @model_validator(mode="after")
    def _knows_its_account(self) -> Self:
        if self.sms_gateway == "twilio":
            missing = [name for name in _NEEDED_BY_TWILIO if name not in self.model_fields_set]
            if missing:
                names = ", ".join(variable_name(type(self), name) for name in missing)
                raise ValueError(f"with the gateway twilio, there must be {names}")
        return self

    @property
    def knows_twilio(self) -> bool:
        """Whether Twilio's reports can be told from anybody else's."""
        return bool(self.twilio_auth_token.get_secret_value() and self.twilio_webhook_callback_url)
