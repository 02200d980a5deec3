"""Flags through the gateway: one path segment is for everybody, none and two are for service accounts."""

import pytest_asyncio

from tests.everything.world import standing_gateway
from tests.feature_flags.flags import SOMEBODY, SOMEWHERE


@pytest_asyncio.fixture
async def ways(server, tmp_path_factory):
    async with standing_gateway(server.port, tmp_path_factory.mktemp("gateway")) as found:
        yield found


async def test_anybody_reads_a_flag_by_its_name(ways, cast):
    member = await cast.member(SOMEWHERE)

    anonymous = await ways.client.get("/flags/on")
    signed_in = await ways.client.get(
        "/flags/for_somewhere", params={"organizationId": SOMEWHERE}, headers=list(member.metadata)
    )

    assert (anonymous.status_code, anonymous.json()) == (200, {"flag": {"name": "on", "isEnabled": True}})
    assert (signed_in.status_code, signed_in.json()["flag"]["isEnabled"]) == (200, True)


async def test_what_is_for_service_accounts_does_not_exist_outside(ways, server):
    for path in ("/flags", "/flags/", f"/flags/{SOMEBODY}/on", "/flags/a/b"):
        answer = await ways.client.get(path, headers=list(server.as_service()))
        assert answer.status_code == 404, path


async def test_service_accounts_read_flags_inside(ways, server):
    headers = list(server.as_service())

    one = await ways.internal.get(f"/flags/{SOMEBODY}/for_somebody", headers=headers)
    every = await ways.internal.get("/flags", params={"page_size": 2}, headers=headers)
    foreign = await ways.internal.get(f"/flags/{SOMEBODY}/for_somebody")

    assert (one.status_code, one.json()) == (200, {"flag": {"name": "for_somebody", "isEnabled": True}})
    assert (every.status_code, len(every.json()["flags"]), every.json()["totalSize"]) == (200, 2, 9)
    assert foreign.status_code == 401


async def test_an_unknown_flag_is_404_with_its_reason(ways):
    answer = await ways.client.get("/flags/unknown")

    assert answer.status_code == 404
    assert "FLAG_NOT_FOUND" in answer.text
