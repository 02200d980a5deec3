"""Sealed and signed values: read by nobody else, for nothing else, and not after their key is gone."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.security.secrets import SecretKey, SecretKeys, Unreadable, digest, random_token

FIRST, SECOND = SecretKey("k1", bytes(32), True), SecretKey("k2", bytes([1] * 32), True)
KEYS = SecretKeys([FIRST])


@given(st.binary(), st.binary())
def test_what_was_sealed_opens_and_looks_different_every_time(plain, bound_to):
    first, second = KEYS.seal("purpose", plain, bound_to), KEYS.seal("purpose", plain, bound_to)

    assert KEYS.open("purpose", first, bound_to) == KEYS.open("purpose", second, bound_to) == plain
    assert first != second


@given(st.data())
def test_no_byte_of_a_sealed_value_may_be_changed(data):
    sealed = bytearray(KEYS.seal("purpose", b"secret"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(Unreadable):
        KEYS.open("purpose", bytes(sealed))


@given(st.binary(max_size=80))
def test_garbage_does_not_open(garbage):
    with pytest.raises(Unreadable):
        KEYS.open("purpose", garbage)


def test_a_sealed_value_is_for_one_purpose_and_one_binding():
    sealed = KEYS.seal("purpose", b"secret", b"bound")

    for purpose, bound_to in (("other", b"bound"), ("purpose", b"other"), ("purpose", b"")):
        with pytest.raises(Unreadable):
            KEYS.open(purpose, sealed, bound_to)


def test_a_key_that_only_reads_opens_what_it_sealed_and_seals_no_more():
    old = KEYS.seal("purpose", b"secret")
    rotated = SecretKeys([SecretKey("k1", FIRST.value, False), SECOND])

    assert rotated.open("purpose", old) == b"secret"
    assert rotated.seal("purpose", b"secret")[1:3] == b"k2"
    with pytest.raises(Unreadable):
        SecretKeys([SECOND]).open("purpose", old)


def test_a_signature_depends_on_key_purpose_and_value():
    signatures = {
        KEYS.sign("purpose", b"value"),
        KEYS.sign("other", b"value"),
        KEYS.sign("purpose", b"other"),
        SecretKeys([SECOND]).sign("purpose", b"value"),
    }

    assert len(signatures) == 4
    assert KEYS.sign("purpose", b"value") in signatures
    assert {len(signature) for signature in signatures} == {32}


def test_a_signature_is_known_again_as_long_as_its_key_is():
    signature = KEYS.sign("purpose", b"value")
    rotated = SecretKeys([SecretKey("k1", FIRST.value, False), SECOND])

    assert rotated.is_signature("purpose", b"value", signature)
    assert rotated.is_signature("purpose", b"value", rotated.sign("purpose", b"value"))
    for purpose, value in (("other", b"value"), ("purpose", b"other")):
        assert not rotated.is_signature(purpose, value, signature)
    assert not SecretKeys([SECOND]).is_signature("purpose", b"value", signature)


def test_an_index_stays_the_same_until_its_key_goes():
    index = KEYS.index("purpose", b"value")
    read_only = SecretKey("k2", SECOND.value, False)
    rotated = SecretKeys([SecretKey("k1", FIRST.value, False), SECOND])

    assert SecretKeys([FIRST, read_only]).index("purpose", b"value") == index
    assert rotated.index("purpose", b"value") == index
    assert SecretKeys([SECOND]).index("purpose", b"value") != index
    assert (
        len({index, KEYS.index("other", b"value"), KEYS.index("purpose", b"other"), KEYS.sign("purpose", b"value")})
        == 4
    )


def test_keys_are_read_from_json():
    text = json.dumps([{"id": "k1", "status": "current", "key": base64.b64encode(bytes(32)).decode()}])

    assert SecretKeys.parse(text).open("purpose", KEYS.seal("purpose", b"secret")) == b"secret"


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [SecretKey("k1", bytes(32), False)],
        [FIRST, SECOND],
        [SecretKey("k1", bytes(31), True)],
        [FIRST, SecretKey("k1", bytes(32), False)],
        [SecretKey("", bytes(32), True)],
        [SecretKey("é" * 128, bytes(32), True)],
    ],
)
def test_keys_that_cannot_be_used_are_refused(keys):
    with pytest.raises(ValueError, match="key"):
        SecretKeys(keys)


@pytest.mark.parametrize("status", ["retired", "read only", "Current", ""])
def test_a_key_of_no_known_status_is_refused_and_not_read_with(status):
    entries = [
        {"id": name, "status": status, "key": base64.b64encode(bytes(32)).decode()}
        for name, status in (("k1", "current"), ("k0", status))
    ]

    with pytest.raises(ValueError, match="neither current nor read_only"):
        SecretKeys.parse(json.dumps(entries))


def test_random_tokens_are_long_and_never_the_same():
    made = {random_token() for _ in range(1000)}

    assert len(made) == 1000
    assert {len(token) for token in made} == {43}
    assert len(digest(made.pop())) == 32
