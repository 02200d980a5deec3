"""What is always true of API keys: their text, their state, and what is noted of their use."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from server.kernel import ids
from server.subdomains.identity.api_keys.domain import key_text
from server.subdomains.identity.api_keys.domain.api_key import ApiKey, ApiKeyState, violates_expiry
from server.subdomains.identity.api_keys.events import ApiKeyRevoked, ApiKeyVerified
from tests.api_keys.keys import with_checksum

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def key(**changes):
    made = ApiKey.create(
        id=ids.new_id("apikey"), user_id=ids.new_id("user"), key_hash=bytes(32), name="k", expires_at=None, now=NOW
    )
    made.events.clear()
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_a_text_has_the_form_of_the_contract():
    key_id = ids.new_id("apikey")

    text = key_text.new_text(key_id)

    assert len(text) == 85
    assert re.fullmatch(r"tenantry_[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9A-Za-z]{49}", text)
    assert text.startswith(f"tenantry_{key_id.removeprefix('apikey_')}_")
    assert key_text.id_in(text) == key_id


def test_the_checksum_is_the_crc_32_of_all_before_it_in_base_62():
    text = key_text.new_text(ids.new_id("apikey"))

    assert with_checksum(text[:-6]) == text


def test_a_known_key_is_read():
    text = "tenantry_01jqt9zzzzzzzzzzzzzzzzzzzz_" + "0" * 43 + "09DRd1"

    assert key_text.id_in(text) == "apikey_01jqt9zzzzzzzzzzzzzzzzzzzz"


def test_no_two_secrets_are_the_same():
    key_id = ids.new_id("apikey")

    assert len({key_text.new_text(key_id) for _ in range(1_000)}) == 1_000


def test_every_slip_of_one_character_is_seen():
    text = key_text.new_text(ids.new_id("apikey"))

    for place in range(len(text)):
        other = "b" if text[place] == "a" else "a"
        assert key_text.id_in(text[:place] + other + text[place + 1 :]) is None


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, ApiKeyState.ACTIVE),
        ({"expires_at": NOW + timedelta(microseconds=1)}, ApiKeyState.ACTIVE),
        ({"expires_at": NOW}, ApiKeyState.EXPIRED),
        ({"revoked_at": NOW - timedelta(days=1)}, ApiKeyState.REVOKED),
        ({"revoked_at": NOW, "expires_at": NOW - timedelta(days=1)}, ApiKeyState.REVOKED),
    ],
)
def test_a_state_follows_from_the_times(changes, state):
    assert key(**changes).state(NOW) is state


def test_a_use_is_noted_when_the_last_that_was_is_a_minute_ago():
    assert not key().is_use_noted(NOW)
    assert key(last_used_at=NOW - timedelta(seconds=59.999)).is_use_noted(NOW)
    assert not key(last_used_at=NOW - timedelta(seconds=60)).is_use_noted(NOW)


def test_others_hear_of_a_use_once_in_ten_minutes():
    found = key()

    heard = [found.use(NOW + timedelta(minutes=minutes)) for minutes in (0, 1, 9, 10, 11, 20)]

    assert heard == [True, False, False, True, False, True]
    assert found.events == [ApiKeyVerified(api_key_id=found.id, is_verified=True)] * 3
    assert found.last_used_at == NOW + timedelta(minutes=20)


def test_a_key_is_revoked_once():
    found = key()

    found.revoke(NOW)
    found.revoke(NOW + timedelta(days=1))

    assert found.revoked_at == NOW
    assert found.events == [ApiKeyRevoked(api_key_id=found.id, user_id=found.user_id, revoked_at=NOW)]


def test_a_key_lives_for_an_hour_at_least():
    assert violates_expiry(NOW + timedelta(minutes=59, seconds=59.999), NOW)
    assert not violates_expiry(NOW + timedelta(hours=1), NOW)


def test_a_key_may_live_until_the_calendar_ends_and_no_longer():
    end = datetime.max.replace(tzinfo=UTC)

    assert not violates_expiry(end - timedelta(microseconds=1), NOW)
    assert violates_expiry(end, NOW)


def test_the_hash_is_not_shown():
    assert "key_hash" not in repr(key())
