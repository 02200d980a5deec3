"""The values that every subdomain takes: their normal form, or nothing."""

import pytest

from server.kernel import values


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("  ada@example.com\t", "ada@example.com"),
        ("ada+tag@sub.example.co.nz", "ada+tag@sub.example.co.nz"),
        ("Zo\u0065\u0308@example.com", "zo\u00eb@example.com"),
        ("ada@B\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ada@[127.0.0.1]", "ada@[127.0.0.1]"),
    ],
)
def test_an_email_address_has_one_normal_form(text, normal):
    assert values.email(text) == normal
    assert values.email(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "a da@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@exa_mple.com",
        "ada@example.com.",
        "ada@[127.0.0.256]",
        "ada@[::1]",
        "ada@xn--\u00e9.example",
        "a@b@example.com",
        "ada\x00@example.com",
        f"{'a' * 309}@example.com",
        "a@" + "b" * 64 + ".com",
    ],
)
def test_what_is_no_email_address_has_none(text):
    assert values.email(text) is None


@pytest.mark.parametrize("text", ["Ada", "O\u2019Brien", "李", "R2-D2, Jr.", "a" * 50])
def test_a_person_may_have_a_name_in_any_script(text):
    assert values.person_name(text) == text


@pytest.mark.parametrize("text", ["", "<b>", "a\nb", "a\tb", "a" * 51, "a=b", "a|b", '"a"', "a\\b", "Ada\n"])
def test_a_name_has_no_markup_no_line_breaks_and_at_most_50_characters(text):
    assert values.person_name(text) is None


def test_a_country_is_stored_as_alpha_3():
    assert [values.country_code(code) for code in ("NZ", "nzl", "554", "XX", "")] == ["NZL", "NZL", "NZL", None, None]


def test_a_time_zone_is_one_of_the_iana_database():
    assert values.timezone("Pacific/Auckland") == "Pacific/Auckland"
    assert values.timezone(values.DEFAULT_TIMEZONE) == "US/Pacific"
    assert values.timezone("Mars/Olympus") is None
    assert values.timezone("testTimezone") is None
    assert values.timezone("testTimezone", is_testing=True) == "testTimezone"


@pytest.mark.parametrize(
    ("text", "normal"),
    [("en-US", "en-US"), ("EN-us", "en-US"), ("zh-hant-tw", "zh-Hant-TW"), ("mi", "mi"), ("es-419", "es-419")],
)
def test_a_locale_is_written_as_bcp_47_does(text, normal):
    assert values.locale(text) == normal


@pytest.mark.parametrize("text", ["", "english", "en_US", "en-", "en-US-posix", "e"])
def test_what_is_no_locale_has_none(text):
    assert values.locale(text) is None


def test_a_phone_number_is_international_and_possible():
    assert values.phone("+64 21 123 4567") == "+64211234567"
    assert [values.phone(text) for text in ("021 123 4567", "+1", "+999123456789", "")] == [None] * 4
