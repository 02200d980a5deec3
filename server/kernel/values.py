"""
Values that mean the same in every subdomain: each function gives the normal form of a text, or ``None``.

Only the normal form is stored, compared and looked up.
"""

import ipaddress
import re
import unicodedata
from functools import cache
from importlib.resources import files

import idna
import phonenumbers
import pycountry

DEFAULT_COUNTRY_CODE = "USA"
DEFAULT_TIMEZONE = "US/Pacific"
DEFAULT_LOCALE = "en-US"
TESTING_TIMEZONE = "testTimezone"

_LONGEST_EMAIL = 320
_NAME = re.compile(r"[\d\w`!@#$%&()\-:;'\u2019,.?/ ]+")
_ATOM = r"[\w!#$%&'*+\-/=?^`{|}~]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_LOCALE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z]{4})?(-(?:[A-Za-z]{2}|[0-9]{3}))?")


def descriptive_name(text: str, longest: int = 100) -> str | None:
    """A name of letters, digits, spaces and some punctuation, in any script."""
    return text if len(text) <= longest and _NAME.fullmatch(text) else None


def person_name(text: str) -> str | None:
    """The first or the last name of a person."""
    return descriptive_name(text, longest=50)


def machine_name(text: str) -> str | None:
    """The name of a machine, or of an API key."""
    return descriptive_name(text, longest=200)


def email(text: str) -> str | None:
    """An e-mail address: trimmed, NFC, the domain in ASCII, lower case."""
    text = text.strip()
    if len(text) > _LONGEST_EMAIL:
        return None
    local, _, domain = unicodedata.normalize("NFC", text).rpartition("@")
    # Lower case may decompose a letter, so the form is taken once more.
    local = unicodedata.normalize("NFC", local.lower())
    found = _address_literal(domain) if domain.startswith("[") else _domain(domain)
    if found is None or _LOCAL.fullmatch(local) is None or len(local) + 1 + len(found) > _LONGEST_EMAIL:
        return None
    return f"{local}@{found}"


def timezone(text: str, *, is_testing: bool = False) -> str | None:
    """The id of a time zone in the IANA database. Testing builds know one more."""
    return text if text in _timezones() or (is_testing and text == TESTING_TIMEZONE) else None


def locale(text: str) -> str | None:
    """A language, with or without script and region, as BCP 47 writes it. New registrations need no new version."""
    found = _LOCALE.fullmatch(text)
    if found is None:
        return None
    language, script, region = found.groups(default="")
    return language.lower() + script.title() + region.upper()


def country_code(text: str) -> str | None:
    """A country as ISO 3166-1 alpha-3, from any of its three codes."""
    return _countries().get(text.upper())


def phone(text: str) -> str | None:
    """An international phone number (E.164)."""
    if not text.startswith("+"):
        return None
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    is_valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_valid else None


def _domain(text: str) -> str | None:
    text = text.lower()
    if not text.isascii() or "xn--" in text:
        try:
            text = idna.encode(text, uts46=True).decode().lower()
        except idna.IDNAError:
            return None
    return text if _DOMAIN.fullmatch(text) else None


def _address_literal(text: str) -> str | None:
    try:
        return f"[{ipaddress.IPv4Address(text[1:-1])}]" if text.endswith("]") else None
    except ValueError:
        return None


@cache
def _timezones() -> frozenset[str]:
    # Not what this machine happens to have installed: every process of a deployment must agree.
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


@cache
def _countries() -> dict[str, str]:
    return {
        code: country.alpha_3
        for country in pycountry.countries
        for code in (country.alpha_2, country.alpha_3, country.numeric)
    }
