"""Lists: what may be asked for, and pages that join up whatever is in the rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.lists import Ordering

ORDERING = Ordering(("created_at", "name"), "created_at")


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        ("", ("created_at", False)),
        ("name", ("name", False)),
        ("name asc", ("name", False)),
        ("name desc", ("name", True)),
        ("  name   desc ", ("name", True)),
    ],
)
def test_a_list_is_ordered_by_one_field_up_or_down(order_by, found):
    assert ORDERING.parse(order_by) == found


@pytest.mark.parametrize(
    "order_by", ["id", "name,created_at", "name DESC", "desc", "name desc asc", "name; drop", "Name"]
)
def test_anything_else_is_refused(order_by):
    with pytest.raises(ValueError, match="must be one of created_at, name"):
        ORDERING.parse(order_by)


def test_the_default_may_descend():
    assert Ordering(("created_at",), "created_at desc").parse("") == ("created_at", True)


@given(st.text())
def test_no_text_gets_into_a_statement(text):
    try:
        field, _ = ORDERING.parse(text)
    except ValueError:
        return
    assert field in ORDERING.fields
