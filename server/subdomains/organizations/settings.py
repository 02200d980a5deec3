"""What a deployment says about organizations."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from server.kernel.security.settings import SecretKeysGiven
from server.kernel.settings import ENVIRONMENT


class OrganizationsSettings(BaseSettings):
    """Organizations"""

    model_config = ENVIRONMENT

    tenant_settings_file: Path | None = Field(
        None,
        description="The settings that every new organization gets: a JSON file. Names of nested keys are joined by "
        "`:`; the names listed in its entry `SettingsEncryptedAtRest` are stored encrypted.",
    )
    provisioning_settings_file: Path | None = Field(
        None,
        description="The settings that are queued as a provisioning for every new organization, where a deployment "
        "provisions infrastructure for each: a JSON file of the same form.",
    )
    tenant_settings_encryption_keys: SecretKeysGiven = Field(
        description="Keys of encrypted settings, in the form of `TENANTRY_IDENTITY_SECRETS_KEYS`. Never the same keys."
    )
