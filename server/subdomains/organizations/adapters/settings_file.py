"""Reads files of settings for new organizations."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from server.kernel.settings import SettingsError
from server.subdomains.organizations.domain.setting import LONGEST_NAME, Setting

_ENCRYPTED = "SettingsEncryptedAtRest"


def read_settings_file(path: Path | None, variable: str) -> Sequence[Setting]:
    """
    The settings in the file that a variable names; none without one.

    Raises:
        SettingsError: It cannot be read, or would encrypt something else than a text.
    """
    if path is None:
        return []
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{variable} is wrong: {error}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{variable} is wrong: it must hold a JSON object")
    encrypted = frozenset(re.split(r"[\s,;]+", str(content.pop(_ENCRYPTED, ""))))
    try:
        return [_setting(name, value, is_encrypted=name in encrypted) for name, value in _flat(content, "")]
    except ValueError as error:
        raise SettingsError(f"{variable} is wrong: {error}") from None


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
    if len(name) > LONGEST_NAME:
        raise ValueError(f"the name of a setting has more than {LONGEST_NAME} characters")
    if is_encrypted and not isinstance(value, str):
        raise ValueError(f"{name} is to be encrypted, and is not a text")
    setting = Setting.of(name, value, is_encrypted=is_encrypted)
    if setting is None:
        raise ValueError(f"{name} is not a number that JSON knows")
    return setting
