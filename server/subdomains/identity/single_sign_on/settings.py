"""Which providers persons may sign in at."""

import ipaddress
import json
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode

from server.kernel.settings import ENVIRONMENT, PlatformSettings, read

TESTSSO = "testsso"
_TAKEN_NAMES = (TESTSSO, "credentials")  # what sessions of testing builds and of passwords bear
_ISSUERS = {
    "google": "https://accounts.google.com",
    "microsoft": "https://login.microsoftonline.com/common/v2.0",
}


def is_loopback(url: str) -> bool:
    """Whether a URL is one of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_provider_url(url: str, *, may_be_loopback_http: bool) -> bool:
    """Whether a provider may be called at a URL: https, in testing builds also http on this machine."""
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and not parts.fragment
        return has_place and (
            parts.scheme == "https" or (may_be_loopback_http and parts.scheme == "http" and is_loopback(url))
        )
    except ValueError:
        return False


class ProviderSettings(BaseModel):
    """One provider."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9-]{1,50}$")
    preset: Literal["google", "microsoft"] | None = None
    issuer: str = Field("", max_length=500)  # it is part of a unique index
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    redirect_uri: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+$")
    scopes: str = Field("openid email profile", pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$")
    trusted_tenants: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _with_issuer_of_preset(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("issuer") and given.get("preset") in _ISSUERS:
            return {**given, "issuer": _ISSUERS[given["preset"]]}
        return given

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.name in _TAKEN_NAMES:
            raise ValueError(f"{self.name} is a name of our own")
        if not self.issuer:
            raise ValueError("an issuer, or a preset that has one, is missing")
        if not is_provider_url(self.issuer, may_be_loopback_http=True) or urlsplit(self.issuer).query:
            raise ValueError("the issuer should be an https address without a query")
        if "openid" not in self.scopes.split():
            raise ValueError("the scopes should have openid among them")
        return self


def _entries(given: Any) -> Any:
    """The providers of a JSON list. What is wrong is said by the name of the entry, and never shows a value."""
    try:
        entries = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        raise ValueError("should be a JSON list of providers") from None
    if not isinstance(entries, list | tuple):
        raise ValueError("should be a JSON list of providers")  # no TypeError: pydantic tells ValueErrors only
    found = [_entry(number, entry) for number, entry in enumerate(entries, 1)]
    names = [entry.name for entry in found]
    if len(set(names)) < len(names):
        raise ValueError("each provider should have a name of its own")
    return tuple(found)


def _entry(number: int, given: Any) -> ProviderSettings:
    try:
        return ProviderSettings.model_validate(given)
    except ValidationError as error:
        name = given.get("name") if isinstance(given, dict) else None
        wrong = "; ".join(
            " ".join([*map(str, each["loc"]), each["msg"].removeprefix("Value error, ")]) for each in error.errors()
        )
        raise ValueError(f"provider {name or number}: {wrong}") from None


def _encrypted(providers: tuple[ProviderSettings, ...]) -> tuple[ProviderSettings, ...]:
    """Here, where `tenantry doctor` sees it: only development may call a provider, on this machine, without TLS."""
    plain = [each.name for each in providers if urlsplit(each.issuer).scheme != "https"]
    if plain and read(PlatformSettings).is_production:
        raise ValueError(f"provider {plain[0]}: the issuer should be https")
    return providers


def _certificates(path: Path | None) -> Path | None:
    if path is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except (OSError, ssl.SSLError):
            raise ValueError("should be a file of certificates in PEM") from None
    return path


class SingleSignOnSettings(BaseSettings):
    """Single sign-on"""

    model_config = ENVIRONMENT

    sso_providers: Annotated[
        tuple[ProviderSettings, ...], NoDecode, BeforeValidator(_entries), AfterValidator(_encrypted)
    ] = Field(
        (),
        description='The providers, a JSON list of `{"name", "preset", "issuer", "client_id", "client_secret", '
        '"redirect_uri", "scopes", "trusted_tenants"}`: see [single sign-on](how-to/single-sign-on.md). It holds '
        "secrets.",
    )
    sso_ca_file: Annotated[
        Path | None,
        Field(),
        BeforeValidator(lambda given: Path(given) if given else None),
        AfterValidator(_certificates),
    ] = Field(
        None, description="A file of certificates (PEM) that providers are trusted by, beside those of the system."
    )
    sso_starts_per_minute: int | None = Field(
        None,
        ge=0,
        description="Sign-ins that one client address may start in a minute; 0 is no limit.",
        json_schema_extra={"default": "60, in development 0"},
    )
