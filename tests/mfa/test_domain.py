"""Codes and their rules, without a server."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.security.secrets import SecretKey, SecretKeys
from server.subdomains.identity.mfa.codes import Codes
from server.subdomains.identity.mfa.domain import recovery_codes, totp
from server.subdomains.identity.mfa.domain.authenticator import (
    AuthenticatorState,
    AuthenticatorType,
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


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_codes_are_those_of_the_rfc(seconds, code):
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))

    assert totp.code_at(SEED, step, digits=8) == code
    assert totp.code_at(SEED, step) == code[-6:]


@pytest.mark.parametrize(("off", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_one_step_either_way(off, is_good):
    now = datetime(2026, 1, 1, 12, 0, 15, tzinfo=UTC)
    step = totp.step_of(now) + off

    found = totp.accepted_step(SEED, totp.code_at(SEED, step), now=now, after=None)

    assert found == (step if is_good else None)


@pytest.mark.parametrize(("last", "is_good"), [(-2, True), (-1, True), (0, False), (1, False)])
def test_a_step_that_is_not_later_than_the_last_one_is_refused(last, is_good):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    step = totp.step_of(now)

    found = totp.accepted_step(SEED, totp.code_at(SEED, step), now=now, after=step + last)

    assert (found is not None) is is_good


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

    digest = codes.digest(first, "123456")

    assert codes.given(first, "123456", None).is_of(digest)
    assert not codes.given(second, "123456", None).is_of(digest)
    assert not codes.given(first, "123457", None).is_of(digest)


def test_codes_outlive_the_key_that_signed_them():
    authenticator = _authenticator("mfaauth_1")
    digest = Codes(KEYS).digest(authenticator, "abcde-fghjk")
    rotated = SecretKeys([SecretKey("k1", bytes(32), False), SecretKey("k2", bytes([1] * 32), True)])

    assert Codes(rotated).given(authenticator, "ABCDEFGHJK", None).is_of(digest)


KEYS = SecretKeys([SecretKey("k1", bytes(32), True)])


def _authenticator(id):
    return MfaAuthenticator(
        id=id,
        type=AuthenticatorType.RECOVERY_CODES,
        state=AuthenticatorState.CONFIRMED,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
