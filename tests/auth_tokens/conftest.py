"""Sessions in the whole product: only somebody who has registered has one."""

import pytest_asyncio
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub

from tests.harness import Running
from tests.signed_in import whole_product

server, running_clock, people = whole_product("auth_tokens")


@pytest_asyncio.fixture
async def sessions(server: Running) -> AuthTokensServiceStub:
    return AuthTokensServiceStub(server.channel)
