"""Sign-ins that were started and can no longer be finished are forgotten."""

import hashlib
from datetime import timedelta

from server.subdomains.identity.single_sign_on.application.sign_ins import SignIns


async def states_left(server):
    return {row["state_digest"] for row in await server.rows("SELECT state_digest FROM single_sign_on.sso_flow")}


async def test_only_those_that_have_expired_are_forgotten(client, server):
    gone, there = [hashlib.sha256((await client.start()).answer.state.encode()).digest() for _ in range(2)]
    now = server.clock()
    server.clock.stop_at(now)
    sql = "UPDATE single_sign_on.sso_flow SET expires_at = $2 WHERE state_digest = $1"
    await server.rows(sql, gone, now)
    await server.rows(sql, there, now + timedelta(microseconds=1))

    assert await SignIns.of(server.app.platform).forget_expired_flows() >= 1

    left = await states_left(server)
    assert gone not in left
    assert there in left


async def test_the_worker_does_it(server):
    [subdomain] = [each for each in server.app.subdomains if each.name == "single_sign_on"]

    assert [work.__name__ for work in subdomain.housekeeping] == ["forget_expired_flows"]
