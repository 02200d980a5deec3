"""What a deployment says about passwords, sign-ins and registrations."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from server.kernel import values
from server.kernel.settings import ENVIRONMENT


class PasswordCredentialsSettings(BaseSettings):
    """Passwords and registrations"""

    model_config = ENVIRONMENT

    password_min_length: int = Field(8, ge=8, le=15, description="The fewest characters of a new password.")
    max_failed_logins: int = Field(5, ge=1, le=99, description="Wrong passwords in a row that lock a name.")
    login_cooldown_seconds: int | None = Field(
        None,
        gt=0,
        le=86_400,
        description="How long a name stays locked after the last wrong password.",
        json_schema_extra={"default": "600, in development 300"},
    )
    registration_mails_per_hour: int | None = Field(
        None,
        ge=0,
        description="Mails that repeated registrations may send to one address in an hour; 0 is no limit.",
        json_schema_extra={"default": "5, in development 0"},
    )
    reset_mails_per_hour: int | None = Field(
        None,
        ge=0,
        description="Mails that password resets may send to one address in an hour; 0 is no limit.",
        json_schema_extra={"default": "5, in development 0"},
    )
    reset_calls_per_hour: int | None = Field(
        None,
        ge=0,
        description="Password resets that one client address may ask for in an hour; 0 is no limit.",
        json_schema_extra={"default": "20, in development 0"},
    )
    default_timezone: str = Field(values.DEFAULT_TIMEZONE, description="Time zone of persons who do not say.")
    default_locale: str = Field(values.DEFAULT_LOCALE, description="Locale of persons who do not say.")
    default_country_code: str = Field(values.DEFAULT_COUNTRY_CODE, description="Country of persons who do not say.")

    @field_validator("default_timezone")
    @classmethod
    def _is_timezone(cls, value: str) -> str:
        return _known(values.timezone(value), "an id of the IANA time zone database")

    @field_validator("default_locale")
    @classmethod
    def _is_locale(cls, value: str) -> str:
        return _known(values.locale(value), "a BCP 47 locale such as en-US")

    @field_validator("default_country_code")
    @classmethod
    def _is_country(cls, value: str) -> str:
        return _known(values.country_code(value), "an ISO 3166-1 country code")


def _known(value: str | None, what: str) -> str:
    if value is None:
        raise ValueError(f"should be {what}")
    return value
