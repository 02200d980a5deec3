"""Machines in the whole product: a registration reaches every part of it."""

import pytest

from tests.api_keys.keys import Keys
from tests.harness import Running
from tests.machines.machines import Machines
from tests.signed_in import whole_product

server, running_clock, people = whole_product("machines")


@pytest.fixture
def keys(server: Running) -> Keys:
    return Keys(server)


@pytest.fixture
def machines(server: Running) -> Machines:
    return Machines(server)
