"""A setting of one organization."""

import json
import math
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NAME = 500


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

    @classmethod
    def of(cls, name: str, value: object, *, is_encrypted: bool = False) -> "Setting | None":
        """The setting with a JSON value. ``None`` for what is no text, no number, and neither true nor false."""
        if isinstance(value, str):
            return cls(name, value, SettingType.STRING, is_encrypted)
        if isinstance(value, bool):
            return cls(name, str(value), SettingType.BOOLEAN)
        if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return cls(name, json.dumps(value), SettingType.NUMBER)
        return None

    @property
    def json_value(self) -> str | float | bool:
        """The value as it would stand in JSON."""
        if self.type is SettingType.STRING:
            return self.value
        found: float | bool = json.loads(self.value.lower())  # numbers have no upper case, True and False have
        return found
