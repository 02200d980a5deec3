"""What a deployment says about its mails."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from server.kernel import values
from server.kernel.settings import ENVIRONMENT, variable_name

_URL = r"^https?://[^\s/?#]+[^\s?#]*$"


class EmailSettings(BaseSettings):
    """E-mails"""

    model_config = ENVIRONMENT

    email_gateway: Literal["capture", "smtp", "mailgun"] = Field(
        "capture",
        description="`capture` keeps mails in the database and prints them in development; `smtp` hands them to a mail "
        "server, `mailgun` to Mailgun.",
    )
    sender_email_address: str = Field("no-reply@tenantry.example", description="Whom mails come from.")
    sender_display_name: Annotated[str, Field(min_length=1)] = Field("Tenantry", description="The name beside it.")
    sender_product_name: Annotated[str, Field(min_length=1)] = Field("Tenantry", description="The product, in mails.")
    website_base_url: str = Field("http://localhost:8080", pattern=_URL, description="Where links in mails lead.")
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
    mailgun_base_url: str = Field(
        "https://api.mailgun.net/v3",
        pattern=_URL,
        description="Mailgun's API; `https://api.eu.mailgun.net/v3` in Europe.",
    )
    mailgun_domain_name: str = Field(
        "", pattern=r"^[A-Za-z0-9.-]*$", description="The sending domain at Mailgun. Needed with `mailgun`."
    )
    mailgun_api_key: SecretStr = Field(SecretStr(""), description="A sending key of it. Needed with `mailgun`.")
    mailgun_webhook_signing_key: SecretStr = Field(
        SecretStr(""),
        description="Key that Mailgun signs its reports with. Without it no report is believed, and nobody learns what "
        "was delivered.",
    )
    mailgun_timeout_seconds: float = Field(15, gt=0, le=25, description="How long Mailgun may take for one mail.")

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
    def _knows_its_gateway(self) -> Self:
        needed = {
            "capture": [],
            "smtp": ["smtp_host", "sender_email_address"],
            "mailgun": ["mailgun_domain_name", "mailgun_api_key", "sender_email_address"],
        }[self.email_gateway]
        missing = [name for name in needed if name not in self.model_fields_set]
        if missing:
            names = ", ".join(variable_name(type(self), name) for name in missing)
            raise ValueError(f"with the gateway {self.email_gateway}, there must be {names}")
        return self
