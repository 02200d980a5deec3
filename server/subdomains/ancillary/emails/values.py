"""The forms of addresses and tags."""

import re
import unicodedata

import idna

_ATOM = r"[\w!#$%&'*+\-/=?^`{|}~]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+|\[\d{{1,3}}(\.\d{{1,3}}){{3}}\]")
_TAG = re.compile(r"[\w\d_.\-]{3,100}")
_LONGEST_ADDRESS = 320


def address(text: str) -> str | None:
    """An e-mail address in its normal form: trimmed, NFC, the domain in ASCII, lower case."""
    local, _, domain = unicodedata.normalize("NFC", text.strip()).lower().rpartition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            return None
    found = f"{unicodedata.normalize('NFC', local)}@{domain}"
    is_good = len(found) <= _LONGEST_ADDRESS and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
    return found if is_good else None


def is_tag(text: str) -> bool:
    """Whether *text* may mark a mail."""
    return _TAG.fullmatch(text) is not None
