"""Reads the settings that every new organization gets."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from server.kernel.settings import SettingsError
from server.subdomains.organizations.domain.setting import Setting, SettingType

_VARIABLE = "TENANTRY_TENANT_SETTINGS_FILE"
_ENCRYPTED = "SettingsEncryptedAtRest"


def read_settings_file(path: Path | None) -> Sequence[Setting]:
    """
    The settings in a file; none without one.

    Raises:
        SettingsError: It cannot be read, or would encrypt something else than a text.
    """
    if path is None:
        return []
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{_VARIABLE} is wrong: {error}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{_VARIABLE} is wrong: it must hold a JSON object")
    encrypted = frozenset(re.split(r"[\s,;]+", str(content.pop(_ENCRYPTED, ""))))
    return [_setting(name, value, is_encrypted=name in encrypted) for name, value in _flat(content, "")]


def _flat(content: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _flat(value, f"{prefix}:{key}" if prefix else key)
    elif isinstance(content, list):
        for position, value in enumerate(content):
            yield from _flat(value, f"{prefix}:{position}")
    elif content is not None and content != "":
        yield prefix, content


def _setting(name: str, value: Any, *, is_encrypted: bool) -> Setting:
    if isinstance(value, str):
        return Setting(name, value, SettingType.STRING, is_encrypted)
    if is_encrypted:
        raise SettingsError(f"{_VARIABLE} is wrong: {name} is to be encrypted, and is not a text")
    return Setting(name, json.dumps(value), SettingType.BOOLEAN if isinstance(value, bool) else SettingType.NUMBER)
