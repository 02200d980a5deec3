"""A setting of one organization."""

from dataclasses import dataclass
from enum import StrEnum


class SettingType(StrEnum):
    """What the value of a setting is."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Setting:
    """A named value. Only a string may be one that is stored encrypted."""

    name: str
    value: str
    type: SettingType = SettingType.STRING
    is_encrypted: bool = False
