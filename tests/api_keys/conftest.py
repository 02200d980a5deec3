"""API keys in the whole product: their owners sign up and in as everybody does."""

import pytest

from tests.api_keys.keys import Keys
from tests.harness import Running
from tests.signed_in import whole_product

server, running_clock, people = whole_product("api_keys")


@pytest.fixture
def keys(server: Running) -> Keys:
    return Keys(server)
