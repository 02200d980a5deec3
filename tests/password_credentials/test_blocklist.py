"""The list of breached passwords: it holds what it should, and refuses nothing else."""

import random

import pytest

from server.subdomains.identity.password_credentials.blocklist import DIGEST_BYTES, FILE, Blocklist, common_passwords
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules
from tooling import blocklist

BREACHED = [
    "12345678",
    "123456789",
    "baseball",
    "football",
    "qwertyuiop",
    "1234567890",
    "superman",
    "1qaz2wsx",
    "trustno1",
    "jennifer",
    "sunshine",
    "iloveyou",
    "starwars",
    "computer",
    "michelle",
    "11111111",
    "princess",
    "987654321",
    "corvette",
    "1234qwer",
    "88888888",
    "q1w2e3r4t5",
    "internet",
    "samantha",
    "whatever",
    "maverick",
    "steelers",
    "mercedes",
    "123123123",
    "qwer1234",
    "q1w2e3r4",
    "midnight",
    "bigdaddy",
    "victoria",
    "1q2w3e4r",
    "cocacola",
    "marlboro",
    "asdfasdf",
    "87654321",
    "12344321",
    "jordan23",
    "jonathan",
    "liverpoo",
    "danielle",
    "abcd1234",
    "scorpion",
    "qazwsxedc",
    "slipknot",
    "qwerty123",
    "startrek",
    "12341234",
    "redskins",
    "asdfghjkl",
    "qwertyui",
    "liverpool",
    "dolphins",
    "nicholas",
    "elephant",
    "mountain",
    "1q2w3e4r5t",
    "metallic",
    "benjamin",
    "creative",
    "rush2112",
    "asdfghjk",
    "4815162342",
    "1qazxsw2",
    "21121991",
    "21101980",
    "21091991",
    "21081991",
    "21081988",
    "21081986",
    "21061991",
    "21041988",
    "21041983",
    "21031992",
    "20101984",
    "20101982",
    "20091985",
    "20021993",
    "1Michael",
    "Password1!",
    "Welcome1!",
    "Passw0rd!",
    "Password@123",
    "P@ssw0rd",
    "Password1",
    "password123",
    "letmein123",
    "welcome123",
    "iloveyou1",
    "football1",
    "monkey123",
    "dragon123",
    "princess1",
    "sunshine1",
    "baseball1",
    "changeme",
    "admin123",
]
RULES = PasswordRules(8, common_passwords(), "Tenantry Cloud")


def broken(password):
    found = RULES.broken_by(password, first_name="Ana", last_name="Silva", email_address="ana.silva@example.com")
    return None if found is None else found[0]


def test_it_holds_far_more_than_ten_thousand_passwords():
    assert len(common_passwords()) > 400_000


def test_a_hundred_that_were_breached_are_refused_however_they_are_written():
    assert len(BREACHED) == 100
    for password in BREACHED:
        for written in (password, password.upper(), password.title()):
            assert (written, broken(written)) == (written, "PASSWORD_TOO_COMMON")


@pytest.mark.parametrize("make", blocklist.KINDS.values(), ids=list(blocklist.KINDS))
def test_random_passwords_are_not_refused(make):
    chance = random.Random(5)

    assert [password for password in (make(chance) for _ in range(20_000)) if broken(password) is not None] == []


def test_the_digests_are_sorted_and_each_is_there_once():
    content = FILE.read_bytes()
    digests = [content[start : start + DIGEST_BYTES] for start in range(0, len(content), DIGEST_BYTES)]

    assert digests == sorted(set(digests))


def test_the_first_and_the_last_and_nothing_beyond_are_found(tmp_path):
    # given
    passwords, file = [f"password number {number}" for number in range(999)], tmp_path / "list.txt"
    file.write_text("\n".join(passwords).upper())

    # when
    number = blocklist.write([file], tmp_path / "made.bin")

    # then
    made = Blocklist(tmp_path / "made.bin")
    assert (number, len(made)) == (999, 999)
    assert all(password in made for password in passwords)
    assert not any(f"password number {number}" in made for number in range(999, 1999))


def test_what_is_too_short_to_be_chosen_is_left_out(tmp_path):
    (tmp_path / "list.txt").write_text("seven77\neight888\ncafe\u0301 au lait\n")

    blocklist.write([tmp_path / "list.txt"], tmp_path / "made.bin")

    made = Blocklist(tmp_path / "made.bin")
    assert len(made) == 2
    assert "caf\u00e9 au lait" in made
