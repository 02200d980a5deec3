"""docs/security.md answers for every item it should, names tests that exist, and tells what is in force."""

import re
from collections import Counter
from collections.abc import Sequence

import pytest
from pydantic_settings import BaseSettings

from server import composition
from server.kernel.security.settings import CallSettings, SecuritySettings
from server.kernel.settings import read
from server.subdomains.identity.auth_tokens.settings import AuthTokensSettings
from tests.security.test_contracts import HANDS_OUT
from tests.security.test_forgeries import FORGERIES, by_name
from tests.tooling.security_page import PAGE, Row, missing, rows

# OWASP ASVS 5.0.0, levels 1 and 2: how many items each part of chapters 6, 7, 9 and 10 has at those levels.
_ITEMS = {
    "6": (3, 12, 4, 4, 5, 3, 0, 4),
    "7": (3, 4, 2, 5, 2, 2),
    "9": (3, 4),
    "10": (2, 2, 4, 11, 5, 2, 3),
}
STANDARD = [
    f"{chapter}.{part}.{number}"
    for chapter, counts in _ITEMS.items()
    for part, count in enumerate(counts, 1)
    for number in range(1, count + 1)
]
OWN = [str(number) for number in range(1, 37)]
ENOUGH = 0.95


def of(items: Sequence[str]) -> list[Row]:
    return [row for row in rows() if row.item in items]


def test_there_are_89_items_of_the_standard():
    assert len(STANDARD) == 89


def test_every_item_is_answered_once():
    answered = Counter(row.item for row in rows())

    assert answered == Counter([*STANDARD, *OWN])


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.item)
def test_what_is_named_as_proof_exists(row: Row):
    assert row.is_readable, row.proof
    assert list(missing(row.tests)) == []
    assert set(row.forgeries) <= {by_name(forgery) for forgery in FORGERIES}


@pytest.mark.parametrize("items", [STANDARD, OWN], ids=["standard", "own"])
def test_nearly_all_that_applies_is_proven(items: Sequence[str]):
    applying = [row for row in of(items) if row.applies]
    open_items = [row.item for row in applying if not row.is_proven]

    assert 1 - len(open_items) / len(applying) >= ENOUGH, open_items


@pytest.mark.parametrize("items", [STANDARD, OWN], ids=["standard", "own"])
def test_the_page_counts_itself_rightly(items: Sequence[str]):
    found = of(items)
    applying = [row for row in found if row.applies]
    proven = sum(row.is_proven for row in applying)

    assert f"{len(found)} items, {len(applying)} apply, {proven} are proven by tests" in PAGE.read_text()


def test_what_is_not_met_is_told_in_words_as_well():
    told = PAGE.read_text().partition("## What is not so")[2].partition("\n## ")[0]
    open_items = [row.item for row in rows() if row.applies and not row.is_proven]

    assert open_items
    assert [item for item in open_items if not re.search(rf"(ASVS|item) {re.escape(item)}\b", told)] == []


def test_every_way_in_is_told():
    ways_in = PAGE.read_text().partition("## Ways in")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", ways_in, re.MULTILINE)) == HANDS_OUT.keys()


def test_every_setting_that_guards_a_way_in_is_told():
    classes: list[type[BaseSettings]] = [SecuritySettings, CallSettings]
    classes += [each for each in composition.settings_classes() if ".identity." in each.__module__]
    names = {name for each in classes for name in each.model_fields}
    guards = {name for name in names if name.startswith(("password_", "rate_limit_", "max_")) or "_per_" in name}

    told = PAGE.read_text()
    assert len(guards) > 10
    assert [name for name in sorted(guards) if f"`TENANTRY_{name.upper()}`" not in told] == []


def test_lifetimes_are_told_as_they_are():
    settings, told = read(AuthTokensSettings), PAGE.read_text()

    assert f"| {settings.access_token_ttl_seconds // 60} minutes | `TENANTRY_ACCESS_TOKEN_TTL_SECONDS` |" in told
    assert f"| {settings.refresh_token_ttl_seconds // 86_400} days | `TENANTRY_REFRESH_TOKEN_TTL_SECONDS` |" in told
    assert f"| {settings.session_max_ttl_seconds // 86_400} days | `TENANTRY_SESSION_MAX_TTL_SECONDS` |" in told


def test_a_row_that_names_nothing_or_something_that_is_not_there_is_found():
    text = (
        "| 6.1.1 | We do it. | `tests/tooling/test_security_page.py::test_that_is_not_there` |\n"
        "| 6.1.2 | We do it. | trust us |\n"
        "| 6.1.3 | We do not. | not met |\n"
        "| 7 | It is not for us. | does not apply |\n"
    )

    gone, vague, open_row, foreign = rows(text)

    assert list(missing(gone.tests)) == ["tests/tooling/test_security_page.py::test_that_is_not_there"]
    assert (vague.is_readable, vague.is_proven) == (False, False)
    assert (open_row.is_readable, open_row.applies, open_row.is_proven) == (True, True, False)
    assert (foreign.is_readable, foreign.applies) == (True, False)
