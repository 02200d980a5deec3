"""Codes and their rules, without a server."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.security.secrets import SecretKey, SecretKeys, Unreadable
from server.subdomains.identity.mfa.codes import Codes
from server.subdomains.identity.mfa.domain import recovery_codes, totp
from server.subdomains.identity.mfa.domain.authenticator import (
    AuthenticatorState,
    AuthenticatorType,
    GivenCode,
    MfaAuthenticator,
)

# RFC 6238, appendix B, those with SHA-1: the time and the code of eight digits.
VECTORS = {
    59: "94287082",
    1_111_111_109: "07081804",
    1_111_111_111: "14050471",
    1_234_567_890: "89005924",
    2_000_000_000: "69279037",
    20_000_000_000: "65353130",
}
SEED = b"12345678901234567890"
NOW = datetime(2026, 1, 1, 12, 0, 15, tzinfo=UTC)
KEYS = SecretKeys([SecretKey("k1", bytes(32), True)])


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_codes_are_those_of_the_rfc(seconds, code):
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))

    assert totp.code_at(SEED, step, digits=8) == code
    assert totp.code_at(SEED, step) == code[-6:]


@pytest.mark.parametrize(("off", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_one_step_either_way(off, is_good):
    step = totp.step_of(NOW) + off

    assert totp.steps_of(SEED, totp.code_at(SEED, step), NOW) == ([step] if is_good else [])


@pytest.mark.parametrize(("last", "is_good"), [(None, True), (-2, True), (-1, True), (0, False), (1, False)])
def test_a_step_that_is_not_later_than_the_last_one_is_refused(last, is_good):
    step = totp.step_of(NOW)
    authenticator = _authenticator("mfaauth_1", AuthenticatorType.TOTP)
    authenticator.last_step = None if last is None else step + last
    before = authenticator.last_step

    assert authenticator.accept(GivenCode(is_of=lambda _: False, steps=[step]), NOW) is is_good
    assert authenticator.last_step == (step if is_good else before)


def test_a_code_that_is_that_of_two_steps_is_good_once():
    step, given = totp.step_of(NOW), GivenCode(is_of=lambda _: False, steps=[totp.step_of(NOW) - 1, totp.step_of(NOW)])
    authenticator = _authenticator("mfaauth_1", AuthenticatorType.TOTP)

    assert [authenticator.accept(given, NOW) for _ in range(2)] == [True, False]
    assert authenticator.last_step == step


def test_a_bar_code_bears_everything_percent_encoded():
    uri = totp.key_uri(SEED, issuer="Ana & Co/Büro", account="ana+x@example.com")

    assert uri == (
        "otpauth://totp/Ana%20%26%20Co%2FB%C3%BCro:ana%2Bx%40example.com"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ana%20%26%20Co%2FB%C3%BCro"
        "&algorithm=SHA1&digits=6&period=30"
    )


def test_a_secret_is_160_random_bits_in_base32():
    codes = Codes(KEYS)

    secrets = {codes.new_totp_secret() for _ in range(50)}

    assert len(secrets) == 50
    for secret in secrets:
        text = totp.as_text(secret)
        assert len(secret) == 20
        assert len(text) == 32
        assert base64.b32decode(text) == secret


def test_recovery_codes_are_ten_different_ones_in_crockfords_base32():
    codes = Codes(KEYS).new_recovery_codes()

    assert len(set(codes)) == 10
    for code in codes:
        assert len(code) == 11
        assert code[5] == "-"
        assert set(code) <= set("0123456789abcdefghjkmnpqrstvwxyz-")


@given(st.integers(0, (1 << 50) - 1))
def test_a_recovery_code_may_be_written_as_people_read_it(number):
    code = recovery_codes.written(number)

    for how in (code, code.upper(), code.replace("-", ""), code.replace("0", "O").replace("1", "l")):
        assert recovery_codes.normal_form(how) == code.replace("-", "")


def test_codes_that_are_sent_are_spread_over_all_six_digits():
    codes = [Codes(KEYS).new_oob_code() for _ in range(2_000)]

    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert {code[0] for code in codes} == set("0123456789")


def test_what_is_stored_of_a_code_is_good_for_its_authenticator_only():
    codes, first, second = Codes(KEYS), _authenticator("mfaauth_1"), _authenticator("mfaauth_2")

    signature = codes.sign(first, "123456")

    assert codes.given(first, "123456", None, NOW).is_of(signature)
    assert not codes.given(second, "123456", None, NOW).is_of(signature)
    assert not codes.given(first, "123457", None, NOW).is_of(signature)


def test_what_is_sealed_opens_for_its_authenticator_only():
    codes, first, second = Codes(KEYS), _authenticator("mfaauth_1"), _authenticator("mfaauth_2")
    first.sealed_channel = second.sealed_channel = codes.seal_channel(first, "+6421300033")

    assert codes.open_channel(first) == "+6421300033"
    with pytest.raises(Unreadable):
        codes.open_channel(second)


def test_codes_and_secrets_outlive_the_key_that_was_current():
    app, recovery = _authenticator("mfaauth_1", AuthenticatorType.TOTP), _authenticator("mfaauth_2")
    app.sealed_totp_secret = Codes(KEYS).seal_totp_secret(app, SEED)
    signature = Codes(KEYS).sign(recovery, "abcde-fghjk")
    rotated = Codes(SecretKeys([SecretKey("k1", bytes(32), False), SecretKey("k2", bytes([1] * 32), True)]))

    assert rotated.given(recovery, "ABCDEFGHJK", None, NOW).is_of(signature)
    assert rotated.given(app, totp.code_at(SEED, totp.step_of(NOW)), None, NOW).steps == [totp.step_of(NOW)]


def _authenticator(id, kind=AuthenticatorType.RECOVERY_CODES):
    return MfaAuthenticator(id=id, type=kind, state=AuthenticatorState.CONFIRMED, created_at=NOW)
