"""The rules of passwords, attempts and mails, without anything around them."""

from datetime import UTC, datetime, timedelta

import pytest

from server.kernel import values
from server.subdomains.identity.password_credentials.blocklist import common_passwords
from server.subdomains.identity.password_credentials.domain import passwords
from server.subdomains.identity.password_credentials.domain.logins import Admission, LockoutRules, LoginMonitor
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOCKOUT = LockoutRules(most_failures=3, cooldown=timedelta(minutes=10))
RULES = PasswordRules(8, common_passwords(), "Tenantry Cloud")


def broken(password: str) -> str | None:
    found = RULES.broken_by(
        password, first_name="Ana-María", last_name="Silvester", email_address="ana.silva@harbourside.example"
    )
    return None if found is None else found[0]


def monitor() -> LoginMonitor:
    return LoginMonitor(name_digest=b"name")


def fail(attempts: LoginMonitor, number: int, now: datetime = NOW) -> None:
    for one in range(number):
        assert attempts.admit(f"{now}{one}", LOCKOUT, now) is Admission.ADMITTED
        attempts.end(f"{now}{one}")
        attempts.fail(LOCKOUT, now)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("1234567", "PASSWORD_TOO_SHORT"),
        ("x" * 201, "PASSWORD_TOO_LONG"),
        ("Password1", "PASSWORD_TOO_COMMON"),
        ("QWERTYUIOP", "PASSWORD_TOO_COMMON"),
        ("silvester", "PASSWORD_CONTAINS_NAME"),
        ("!!SILVESTER42", "PASSWORD_CONTAINS_NAME"),
        ("ana-maría silvester", "PASSWORD_CONTAINS_NAME"),
        ("ana-maríasilvester", "PASSWORD_CONTAINS_NAME"),
        ("ANA-MARI\u0301A", "PASSWORD_CONTAINS_NAME"),
        ("ana.silva@harbourside.example", "PASSWORD_CONTAINS_NAME"),
        ("ana.silva1", "PASSWORD_CONTAINS_NAME"),
        ("harbourside", "PASSWORD_CONTAINS_NAME"),
        ("12example34", "PASSWORD_CONTAINS_NAME"),
        ("1tenantry cloud1", "PASSWORD_CONTAINS_NAME"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused(password, reason):
    assert broken(password) == reason


def test_a_domain_counts_in_the_script_in_which_people_write_it():
    address = values.email("ana@schärfenberg.example")

    found = RULES.broken_by("Schärfenberg", first_name="Ana", last_name="Silva", email_address=address or "")

    assert found is not None
    assert found[0] == "PASSWORD_CONTAINS_NAME"


def test_one_or_two_letters_are_no_name():
    found = RULES.broken_by("87654312x", first_name="x 1", last_name="Silva", email_address="x-1@a1b.example")

    assert found is None


@pytest.mark.parametrize(
    "password",
    [
        "x" * 200,
        "éééééééé",
        "€uro zone stamps",
        "  with spaces around  ",
        "silvester and more",
        "tab\tand\nline",
        "🦀🦀🦀🦀🦀🦀🦀🦀",
        "12345678901234567890123",
    ],
)
def test_any_characters_may_stand_in_a_password(password):
    assert broken(password) is None


def test_characters_are_counted_in_the_composed_form():
    assert broken("e\u0301" * 7) == "PASSWORD_TOO_SHORT"
    assert broken("e\u0301" * 200) is None


def test_at_a_sign_in_only_the_length_counts():
    assert passwords.is_possible("x")
    assert passwords.is_possible("password")
    assert not passwords.is_possible("x" * 201)


def test_the_last_failure_that_is_allowed_locks_the_name():
    attempts = monitor()
    fail(attempts, 2)
    attempts.admit("last", LOCKOUT, NOW)
    attempts.end("last")

    assert attempts.fail(LOCKOUT, NOW)
    assert attempts.admit("next", LOCKOUT, NOW) is Admission.LOCKED


def test_a_lock_lasts_until_the_cooldown_has_passed_and_is_not_extended():
    attempts = monitor()
    fail(attempts, 3)

    almost = NOW + LOCKOUT.cooldown - timedelta(microseconds=1)
    assert attempts.admit("early", LOCKOUT, almost) is Admission.LOCKED
    assert attempts.admit("in time", LOCKOUT, NOW + LOCKOUT.cooldown) is Admission.ADMITTED


def test_after_a_lock_counting_starts_anew():
    attempts = monitor()
    fail(attempts, 3)

    fail(attempts, 1, NOW + LOCKOUT.cooldown)

    assert attempts.failed_attempts == 1


def test_a_right_password_wipes_out_what_failed_before():
    attempts = monitor()
    fail(attempts, 2)

    attempts.succeed()

    fail(attempts, 2)
    assert attempts.admit("one more", LOCKOUT, NOW) is Admission.ADMITTED


def test_no_more_attempts_are_underway_than_may_still_fail():
    attempts = monitor()
    fail(attempts, 1)

    admissions = [attempts.admit(str(number), LOCKOUT, NOW) for number in range(4)]

    assert admissions == [Admission.ADMITTED, Admission.ADMITTED, Admission.FULL, Admission.FULL]


def test_an_attempt_that_never_ends_counts_as_a_failed_one():
    attempts = monitor()
    for number in range(3):
        attempts.admit(str(number), LOCKOUT, NOW)

    a_minute_later = NOW + timedelta(minutes=1)
    assert attempts.admit("next", LOCKOUT, a_minute_later) is Admission.LOCKED
    assert not attempts.end("0")


def test_a_monitor_is_worth_nothing_once_the_cooldown_has_passed():
    attempts = monitor()
    assert attempts.expires_at(LOCKOUT, NOW) == NOW

    fail(attempts, 1)
    assert attempts.expires_at(LOCKOUT, NOW) == NOW + LOCKOUT.cooldown

    attempts.admit("underway", LOCKOUT, NOW)
    assert attempts.expires_at(LOCKOUT, NOW) == NOW + timedelta(minutes=1) + LOCKOUT.cooldown
