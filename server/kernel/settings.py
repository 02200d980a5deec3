"""
Settings come from environment variables, are read once at start, and are passed on; nothing else reads the environment.

A settings class is a frozen `BaseSettings` with `model_config = ENVIRONMENT` and a description for every field. A
field marked with `Secret()` is made once and kept in `{TENANTRY_DATA}/secrets/` in development, and must be given,
and be strong, in production.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

PREFIX = "TENANTRY_"
ENVIRONMENT = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

FEWEST_DISTINCT_CHARACTERS = 10

S = TypeVar("S", bound=BaseSettings)


class SettingsError(Exception):
    """Names every variable that is missing or wrong, and never shows a value."""


class PlatformSettings(BaseSettings):
    """The platform"""

    model_config = ENVIRONMENT

    env: Literal["development", "production"] = Field(
        "development",
        description="`development` has the testing-only operations and makes its own secrets; `production` has and "
        "does neither.",
    )
    deployment_environment: str = Field(
        "development",
        min_length=1,
        description="The name of this deployment, such as `staging`, for flags and telemetry.",
    )
    data: Path = Field(Path(".tenantry"), description="Folder of the embedded database, its sockets and secrets.")
    database_url: SecretStr | None = Field(
        None, description="An external PostgreSQL (15 or newer) instead of the embedded one: `postgresql://…`."
    )
    service_name: str = Field(
        "tenantry", min_length=1, description="What this product is called: by `GET /health`, and in telemetry."
    )
    http_host: str = Field("127.0.0.1", description="Address the gateway listens on; `0.0.0.0` for every one.")
    http_port: int = Field(8080, ge=1, le=65535, description="Port of the gateway: REST, gRPC and gRPC-Web.")
    internal_http_port: int = Field(
        8081, ge=1, le=65535, description="Port of the gateway for service accounts, on 127.0.0.1 only."
    )
    grpc_port: int = Field(50051, ge=1, le=65535, description="Port of the server processes, shared by all of them.")
    grpc_host: str = Field("127.0.0.1", description="Address the server processes listen on.")
    processes: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 4),
        ge=1,
        le=64,
        description="Number of server processes.",
        json_schema_extra={"default": "number of processors, at most 4"},
    )
    log_format: Literal["readable", "json"] = Field("readable", description="`readable` for people, `json` for tools.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="The least that is logged.")

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def data_folder(self) -> Path:
        """The data folder as an absolute path."""
        return self.data.expanduser().resolve()


@dataclass(frozen=True)
class Secret:
    """Marks a `SecretStr` field: `Annotated[SecretStr, Secret()]`."""

    make: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    minimum_length: int = 32
    # For values that are checked elsewhere (key files, say): anything true is strong enough here.
    is_strong: Callable[[str], object] | None = None

    def weakness(self, value: str) -> str | None:
        """Say what makes *value* too weak for production."""
        if self.is_strong is not None:
            return None if self.is_strong(value) else "is too weak"
        if len(value) < self.minimum_length:
            return f"is too weak: give at least {self.minimum_length} characters"
        if len(set(value)) < FEWEST_DISTINCT_CHARACTERS:
            return "is too weak: too few different characters"
        return None


def read(settings: type[S]) -> S:
    """
    Read one settings class.

    Raises:
        SettingsError: naming every variable that is missing or wrong.
    """
    values, problems = _read(settings)
    if values is None or problems:
        raise SettingsError(_message(problems))
    return values


def read_all(classes: Sequence[type[BaseSettings]]) -> dict[type[BaseSettings], BaseSettings]:
    """
    Read several settings classes, and name the wrong variables of all of them in one message.

    Raises:
        SettingsError: naming every variable that is missing or wrong.
    """
    results = {each: _read(each) for each in classes}
    problems = [problem for _, found in results.values() for problem in found]
    if problems:
        raise SettingsError(_message(list(dict.fromkeys(problems))))
    return {each: values for each, (values, _) in results.items() if values is not None}


def variable_name(settings: type[BaseSettings], field: str) -> str:
    """The environment variable that *field* is read from."""
    return f"{settings.model_config.get('env_prefix', '')}{field}".upper()


def secret_mark(field: FieldInfo) -> Secret | None:
    """The `Secret` a field is marked with, if it is."""
    return next((mark for mark in field.metadata if isinstance(mark, Secret)), None)


def _read(settings: type[S]) -> tuple[S | None, list[str]]:
    problems: list[str] = []
    made: dict[str, Any] = {}
    marked = {name: mark for name, field in settings.model_fields.items() if (mark := secret_mark(field))}
    if marked:
        platform, problems = _read(PlatformSettings)
        if platform is None:
            return None, problems
        for name, mark in marked.items():
            variable = variable_name(settings, name)
            given = os.environ.get(variable)
            if platform.is_production and not given:
                problems.append(f"{variable} is missing: production must be given every secret")
            elif platform.is_production and given and (weakness := mark.weakness(given)):
                problems.append(f"{variable} {weakness}")
            elif not given:
                made[name] = SecretStr(_development_secret(platform.data_folder / "secrets" / name, mark))
    if problems:
        return None, problems
    try:
        return settings(**made), []
    except ValidationError as error:
        return None, [_problem(settings, each["loc"], each["type"], each["msg"]) for each in error.errors()]
    except UnreadableVariable as error:
        return None, [f"{settings.__name__}: {error}"]


def _problem(settings: type[BaseSettings], place: tuple[int | str, ...], kind: str, said: str) -> str:
    variable = variable_name(settings, str(place[0])) if place else settings.__name__
    if kind == "missing":
        return f"{variable} is missing"
    said = said.removeprefix("Value error, ").removeprefix("Input ")
    return f"{variable} is wrong: {said[:1].lower()}{said[1:]}"


def _message(problems: Sequence[str]) -> str:
    return "The settings are not right:\n" + "\n".join(f"  {problem}" for problem in problems)


def _development_secret(path: Path, mark: Secret) -> str:
    """
    Read a secret that development keeps, or make it.

    Several processes may start at once: `link` lets one of them win and the others read what it wrote.
    """
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(mark.make())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was quicker, and its secret counts
    finally:
        draft.unlink()
    return path.read_text()
