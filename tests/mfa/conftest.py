"""Second factors in the whole product: a sign-in goes through most of it."""

import pytest_asyncio

from tests.harness import Running
from tests.mfa.factors import Factors
from tests.signed_in import whole_product

server, running_clock, people = whole_product("mfa")


@pytest_asyncio.fixture
async def factors(server: Running) -> Factors:
    return Factors(server)
