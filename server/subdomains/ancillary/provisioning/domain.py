"""What a provisioning says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class ProvisionedSetting:
    """A setting for an organization. Only texts are kept encrypted: of others it is not asked."""

    name: str
    value: str | float | bool
    is_encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Settings for one organization, and the message that brought them, when it has an id."""

    message_id: str | None
    organization_id: str
    settings: Sequence[ProvisionedSetting]


def is_setting_value(value: object) -> bool:
    """Whether a setting can have this value: a text, a number, true or false."""
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
