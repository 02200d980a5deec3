"""A stand-in server, and clients of it."""

from collections.abc import AsyncIterator

import pytest

from tenantry_client import RetryPolicy, Tenantry
from tests.clients.python.stand_in import PASSWORD, StandIn

QUICKLY = RetryPolicy(first_wait=0.01, longest_wait=0.05)


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    """A server of its own for each test."""
    stand_in = StandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def anonymous(server: StandIn) -> AsyncIterator[Tenantry]:
    """A client that has not signed in."""
    async with Tenantry(server.address, retries=QUICKLY) as client:
        yield client


@pytest.fixture
async def client(anonymous: Tenantry) -> Tenantry:
    """A client that has signed in."""
    await anonymous.sign_in("ada@example.com", PASSWORD)
    return anonymous
