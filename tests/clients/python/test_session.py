"""How the client gets tokens, and renews them."""

import asyncio

import grpc
import pytest

from tenantry_client import Tenantry, Unauthenticated
from tenantry_client.errors import DeadlineExceeded, Unavailable
from tests.clients.python.conftest import QUICKLY
from tests.clients.python.stand_in import API_KEY, PASSWORD, SERVICE_TOKEN, Refusal, StandIn


async def test_who_has_signed_in_is_known_to_every_later_call(server: StandIn, client: Tenantry) -> None:
    await client.users.ListMembershipsForCaller()

    assert client.tokens is not None
    assert server.metadata[-1]["authorization"] == f"Bearer {client.tokens.access_token.value}"
    assert str(server.metadata[-1]["user-agent"]).startswith("tenantry-python/")


async def test_a_wrong_password_is_said_and_nobody_is_signed_in(anonymous: Tenantry) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await anonymous.sign_in("ada@example.com", "wrong")

    assert refused.value.reason == "INVALID_CREDENTIALS"
    assert anonymous.tokens is None


async def test_fifty_calls_with_a_token_about_to_expire_share_one_refresh(server: StandIn, anonymous: Tenantry) -> None:
    server.access_token_lifetime = 0.0
    await anonymous.sign_in("ada@example.com", PASSWORD)
    server.access_token_lifetime = 900.0
    server.holds["RefreshToken"] = 0.05

    await asyncio.gather(*(anonymous.users.ListMembershipsForCaller() for _ in range(50)))

    assert server.count("RefreshToken") == 1
    assert server.count("ListMembershipsForCaller") == 50


async def test_fifty_calls_refused_for_an_expired_token_share_one_refresh(server: StandIn, client: Tenantry) -> None:
    server.expire_access_tokens()
    server.holds["RefreshToken"] = 0.05

    await asyncio.gather(*(client.users.ListMembershipsForCaller() for _ in range(50)))

    assert server.count("RefreshToken") == 1


async def test_a_session_can_be_refreshed_again_and_again(server: StandIn, client: Tenantry) -> None:
    for _ in range(3):
        server.expire_access_tokens()
        await client.users.ListMembershipsForCaller()

    assert server.count("RefreshToken") == 3
    assert len(set(server.request_ids("RefreshToken"))) == 3


async def test_a_refresh_whose_answer_is_lost_is_repeated_with_the_same_request_id(
    server: StandIn, client: Tenantry
) -> None:
    server.expire_access_tokens()
    server.lost_answers["RefreshToken"] = 2

    await client.users.ListMembershipsForCaller()

    assert server.count("RefreshToken") == 3
    assert len(set(server.request_ids("RefreshToken"))) == 1


async def test_a_refresh_that_failed_is_taken_up_by_the_next_call_with_the_same_request_id(
    server: StandIn, client: Tenantry
) -> None:
    server.expire_access_tokens()
    server.lost_answers["RefreshToken"] = 4
    with pytest.raises(Unavailable):
        await client.users.ListMembershipsForCaller()

    await client.users.ListMembershipsForCaller()

    assert len(set(server.request_ids("RefreshToken"))) == 1


async def test_a_caller_who_gives_up_does_not_take_the_new_tokens_with_it(server: StandIn, client: Tenantry) -> None:
    server.expire_access_tokens()
    server.holds["RefreshToken"] = 0.3
    with pytest.raises(DeadlineExceeded):
        await client.users.ListMembershipsForCaller(timeout=0.1)

    await client.users.ListMembershipsForCaller()

    assert server.count("RefreshToken") == 1


async def test_closing_waits_for_a_refresh_so_that_the_session_can_be_resumed(
    server: StandIn, client: Tenantry
) -> None:
    server.expire_access_tokens()
    server.holds["RefreshToken"] = 0.2
    with pytest.raises(DeadlineExceeded):
        await client.users.ListMembershipsForCaller(timeout=0.05)
    await client.close()

    assert client.tokens is not None
    async with Tenantry(server.address, retries=QUICKLY) as another:
        another.resume(client.tokens)
        await another.users.ListMembershipsForCaller()
    assert server.count("RefreshToken") == 1


async def test_when_the_session_has_ended_all_callers_are_told_and_it_is_forgotten(
    server: StandIn, client: Tenantry
) -> None:
    server.expire_access_tokens()
    server.holds["RefreshToken"] = 0.05
    server.failures["RefreshToken"] = [Refusal(grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")]

    outcomes = await asyncio.gather(
        *(client.users.ListMembershipsForCaller() for _ in range(10)), return_exceptions=True
    )

    assert {getattr(outcome, "reason", None) for outcome in outcomes} == {"REFRESH_TOKEN_INVALID"}
    assert client.tokens is None
    await client.sign_in("ada@example.com", PASSWORD)
    await client.users.ListMembershipsForCaller()


async def test_a_wrong_clock_does_not_make_every_call_refresh(server: StandIn, anonymous: Tenantry) -> None:
    server.expires_at_skew = -3600.0
    await anonymous.sign_in("ada@example.com", PASSWORD)

    await anonymous.users.ListMembershipsForCaller()
    await anonymous.users.ListMembershipsForCaller()

    assert server.count("RefreshToken") == 0


async def test_signing_out_ends_the_session_on_the_server(server: StandIn, client: Tenantry) -> None:
    await client.sign_out()

    assert server.count("RevokeToken") == 1
    assert client.tokens is None
    with pytest.raises(Unauthenticated) as refused:
        await client.users.ListMembershipsForCaller()
    assert refused.value.reason == "NOT_AUTHENTICATED"


async def test_an_api_key_is_sent_with_every_call(server: StandIn) -> None:
    async with Tenantry(server.address, api_key=API_KEY) as machine:
        await machine.users.ListMembershipsForCaller()

    assert server.metadata[-1]["x-api-key"] == API_KEY
    assert "authorization" not in server.metadata[-1]


async def test_a_function_gives_a_fresh_service_token_for_every_call(server: StandIn) -> None:
    asked: list[str] = []

    def token() -> str:
        asked.append(SERVICE_TOKEN)
        return SERVICE_TOKEN

    async with Tenantry(server.address, service_token=token) as service:
        await service.users.ListMembershipsForCaller()
        await service.users.ListMembershipsForCaller()

    assert len(asked) == 2


async def test_a_client_with_a_key_cannot_sign_in_as_well(server: StandIn) -> None:
    async with Tenantry(server.address, api_key=API_KEY) as machine:
        with pytest.raises(ValueError, match="another client"):
            await machine.sign_in("ada@example.com", PASSWORD)
    with pytest.raises(ValueError, match="not both"):
        Tenantry(server.address, api_key=API_KEY, service_token=SERVICE_TOKEN)
