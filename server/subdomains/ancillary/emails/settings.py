"""What a deployment says about its mails."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from server.kernel import values
from server.kernel.settings import ENVIRONMENT


class EmailSettings(BaseSettings):
    """E-mails"""

    model_config = ENVIRONMENT

    email_gateway: Literal["capture", "smtp"] = Field(
        "capture",
        description="`capture` keeps mails in the database and prints them in development; `smtp` hands them to a mail "
        "server.",
    )
    sender_email_address: str = Field("no-reply@tenantry.example", description="Whom mails come from.")
    sender_display_name: Annotated[str, Field(min_length=1)] = Field("Tenantry", description="The name beside it.")
    sender_product_name: Annotated[str, Field(min_length=1)] = Field("Tenantry", description="The product, in mails.")
    website_base_url: str = Field(
        "http://localhost:8080", pattern=r"^https?://[^\s/?#]+[^\s?#]*$", description="Where links in mails lead."
    )
    smtp_host: str = Field("", description="Mail server. Needed with `smtp`.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls` or `tls` from the first byte, both with a verified certificate, or `none`."
    )
    smtp_username: str = Field(
        "", description="Account at the mail server. Without it mails are handed over without one."
    )
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password.")
    smtp_timeout_seconds: float = Field(15, gt=0, le=25, description="How long the mail server may take for one step.")

    @field_validator("sender_email_address")
    @classmethod
    def _is_address(cls, value: str) -> str:
        found = values.email(value)
        if found is None:
            raise ValueError("should be an e-mail address")
        return found

    @field_validator("website_base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _knows_its_server(self) -> Self:
        if self.email_gateway == "smtp" and not self.smtp_host:
            raise ValueError("with the gateway smtp, TENANTRY_SMTP_HOST is needed")
        if self.email_gateway == "smtp" and "sender_email_address" not in self.model_fields_set:
            raise ValueError("with the gateway smtp, TENANTRY_SENDER_EMAIL_ADDRESS is needed")
        return self
