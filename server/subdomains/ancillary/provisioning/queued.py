"""Queued provisionings: how they are written, and how they are read, whoever queued them."""

from collections.abc import Sequence
from typing import Any

from server.kernel.deliveries.envelope import InvalidQueuedMessage, Received
from server.subdomains.ancillary.provisioning.domain import (
    LONGEST_NAME,
    ProvisionedSetting,
    Provisioning,
    is_setting_value,
)
from server.subdomains.ancillary.provisioning.errors import ProvisioningMissingSettings, ProvisioningMissingTenantId


def body_of(organization_id: str, settings: Sequence[ProvisionedSetting]) -> dict[str, Any]:
    """The body of a message."""
    return {
        "TenantId": organization_id,
        "Settings": {
            setting.name: {"Value": setting.value, "IsEncrypted": setting.is_encrypted} for setting in settings
        },
    }


def read_provisioning(message: Received) -> Provisioning:
    """
    Read a message.

    Raises:
        ProvisioningMissingTenantId, ProvisioningMissingSettings: It lacks them.
        InvalidQueuedMessage: Its settings are not well said.
    """
    if message.organization_id is None:
        raise ProvisioningMissingTenantId
    given = message.body.objects("Settings")
    if not given:
        raise ProvisioningMissingSettings
    if any(len(name) > LONGEST_NAME for name in given):
        raise InvalidQueuedMessage(f"The name of a setting has at most {LONGEST_NAME} characters.")
    settings = [
        ProvisionedSetting(name, value, setting.flag("IsEncrypted"))
        for name, setting in given.items()
        if is_setting_value(value := setting.value("Value"))
    ]
    return Provisioning(message.message_id, message.organization_id, settings)
