"""Ids: a kind, and a UUIDv7 that reads back as it was."""

import time
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel import ids

SUFFIX = "01k00000000000000000000000"


@given(st.uuids(), st.sampled_from(["user", "org", "a_b"]))
def test_every_uuid_reads_back_as_it_was(value, prefix):
    text = ids.encode(prefix, value)

    assert ids.decode(prefix, text) == value
    assert ids.is_id(prefix, text)
    assert len(text) == len(prefix) + 27


@given(st.uuids(), st.uuids())
def test_ids_sort_as_their_uuids_do(first, second):
    assert (ids.encode("x", first) < ids.encode("x", second)) == (first.int < second.int)


@given(st.text())
def test_what_is_no_id_is_said_to_be_none_and_never_read(text):
    if ids.is_id("car", text):
        assert ids.encode("car", ids.decode("car", text)) == text
    else:
        with pytest.raises(ValueError, match="not an id of kind car"):
            ids.decode("car", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "car",
        "car_",
        "_" + SUFFIX,
        SUFFIX,
        "car" + SUFFIX,
        "car_" + SUFFIX[:-1],
        "car_" + SUFFIX + "0",
        "car_8" + SUFFIX[1:],  # more than 128 bits
        "car_" + SUFFIX.upper(),
        "car_" + SUFFIX[:-1] + "i",
        "car_" + SUFFIX[:-1] + "l",
        "car_" + SUFFIX[:-1] + "o",
        "car_" + SUFFIX[:-1] + "u",
        "car_" + SUFFIX + "\n",
        " car_" + SUFFIX,
        "CAR_" + SUFFIX,
        "scar_" + SUFFIX,
        "user_" + SUFFIX,
        "car_" + SUFFIX[:-1] + "\u0661",  # a digit, but none of ours
    ],
)
def test_malformed_ids_and_those_of_another_kind_are_refused(text):
    assert not ids.is_id("car", text)
    with pytest.raises(ValueError, match="car"):
        ids.decode("car", text)


def test_the_smallest_and_the_largest_id_are_ids():
    assert ids.decode("car", "car_" + "0" * 26) == UUID(int=0)
    assert ids.decode("car", "car_7" + "z" * 25) == UUID(int=2**128 - 1)


def test_new_ids_are_version_7_and_each_is_greater_than_the_last():
    made = [ids.uuid7() for _ in range(20_000)]

    assert made == sorted(set(made))
    assert {(value.version, value.variant) for value in made} == {(7, "specified in RFC 4122")}


def test_ids_go_on_growing_when_the_clock_of_the_system_goes_back(monkeypatch):
    made = [ids.uuid7() for _ in range(10)]
    now = time.time_ns()
    for jump in (timedelta(days=-1), timedelta(milliseconds=-1), timedelta(days=-400), timedelta()):
        monkeypatch.setattr(time, "time_ns", lambda jump=jump: now + int(jump.total_seconds() * 1e9))
        made += [ids.uuid7() for _ in range(5_000)]

    assert made == sorted(set(made))


def test_an_id_of_another_kind_may_share_the_suffix():
    assert ids.with_prefix("profile", "user_" + SUFFIX) == "profile_" + SUFFIX
