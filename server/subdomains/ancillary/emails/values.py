"""The forms of addresses and tags."""

import re

_LOCAL = r"[\w!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@(?:{_LABEL}(?:\.{_LABEL})+|\[\d{{1,3}}(?:\.\d{{1,3}}){{3}}\])", re.I)
_TAG = re.compile(r"[\w\d_.\-]{3,100}")
_LONGEST_ADDRESS = 320


def is_email_address(text: str) -> bool:
    """Whether *text* is an address in its normal form: those of other subdomains are, when they come here."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Whether *text* may mark a mail."""
    return _TAG.fullmatch(text) is not None
