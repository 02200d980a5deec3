"""The keys and lifetimes of tokens and sealed values."""

import base64
import json
import os
from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from server.kernel.security.keys import BadSigningKeys, SigningKeys, make_pem
from server.kernel.security.secrets import SecretKeys
from server.kernel.settings import ENVIRONMENT, Secret


def _make_signing_keys() -> str:
    return json.dumps([{"status": "current", "pem": make_pem()}])


def _make_secret_keys() -> str:
    return json.dumps([{"id": "k1", "status": "current", "key": base64.b64encode(os.urandom(32)).decode()}])


def _are_signing_keys(given: SecretStr) -> SecretStr:
    try:
        SigningKeys(given.get_secret_value())
    except BadSigningKeys as error:
        raise ValueError(str(error)) from error
    return given


def _are_secret_keys(given: SecretStr) -> SecretStr:
    SecretKeys.parse(given.get_secret_value())
    return given


SigningKeysGiven = Annotated[
    SecretStr, Secret(make=_make_signing_keys, is_strong=len), AfterValidator(_are_signing_keys)
]
SecretKeysGiven = Annotated[SecretStr, Secret(make=_make_secret_keys), AfterValidator(_are_secret_keys)]


class SecuritySettings(BaseSettings):
    """Tokens and secrets"""

    model_config = ENVIRONMENT

    identity_base_url: str = Field(
        "http://localhost:8080", description="Issuer and audience of access tokens: where this platform is reached."
    )
    jwt_signing_keys: SigningKeysGiven = Field(
        description="Keys of access tokens (ES256): a folder of `NAME.current.pem` (exactly one) and "
        "`NAME.verify_only.pem`, or a JSON list of `{pem, status}`. Read again while running."
    )
    signing_keys_reread_seconds: float = Field(
        30, gt=0, le=60, description="How often each process reads folders of keys again."
    )
    service_token_keys: SigningKeysGiven = Field(
        description="Keys of service tokens, in the same form. Never the same keys."
    )
    service_token_issuer: str = Field("tenantry", description="Issuer of service tokens.")
    service_token_audience: str = Field("tenantry", description="Audience of service tokens.")
    identity_secrets_keys: SecretKeysGiven = Field(
        description="Keys of sealed and signed values: a JSON list of `{id, key, status}` with 32 bytes in base64 "
        "each, one `current`, the others `read_only`."
    )
    token_leeway_seconds: int = Field(
        30, ge=0, le=30, description="How far in the future the `iat` of a token may lie."
    )
    password_hash_memory_kib: int = Field(19_456, ge=19_456, description="argon2id memory, in KiB.")
    password_hash_iterations: int = Field(2, ge=2, description="argon2id passes.")
    password_hash_parallelism: int = Field(1, ge=1, description="argon2id lanes.")
    password_hash_concurrency: int = Field(
        1, ge=1, description="Hashes at once in one server process, of which there is one a processor."
    )


def _is_limit(text: str) -> str:
    try:
        if text:
            parse(text)
    except ValueError as error:
        raise ValueError("a limit is written 60/minute") from error
    return text


Limit = Annotated[str, AfterValidator(_is_limit)]  # of calls; an empty one is none


class CallSettings(BaseSettings):
    """Calls"""

    model_config = ENVIRONMENT

    database_pool_size: int = Field(
        16,
        ge=1,
        le=200,
        description="Connections to PostgreSQL of one process, besides 8 for what commits at once and one to listen.",
    )
    rate_limit_ordinary: Limit = Field("", description="Limit of ordinary calls per caller, such as `600/minute`.")
    rate_limit_costly: Limit = Field(
        "", description="Limit of sign-ins, registrations and the like per client address, such as `60/minute`."
    )
    trusted_gateways: str = Field(
        "127.0.0.1,::1", description="Addresses whose `x-envoy-external-address` is believed, by commas."
    )
    log_every_call: bool | None = Field(
        None, description="Log calls that succeed as well. Without it: in development only."
    )
    host_region: str = Field("unknown", description="Region code of this host.")
    drain_notice_seconds: float = Field(
        1.5, ge=0, description="Time between saying that no more calls should come and closing."
    )
    drain_grace_seconds: float = Field(30, ge=0, description="Time that running calls get to finish.")
