"""Sessions that ended long ago are forgotten, with their spent tokens."""

from datetime import timedelta

from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RefreshTokenRequest

from server.kernel import ids
from server.subdomains.identity.auth_tokens.application import AuthTokensApplication


async def test_only_sessions_that_ended_a_week_ago_are_forgotten(sessions, people, server):
    # given somebody whose session was refreshed and has long expired, and somebody whose has not
    gone, there = await people.person(), await people.person()
    await sessions.RefreshToken(RefreshTokenRequest(refresh_token=gone.tokens.refresh_token.value))
    week = timedelta(days=7, seconds=1)
    await server.rows(
        "UPDATE auth_tokens.session SET refresh_token_expires_at = $2 WHERE id = $1",
        ids.decode("session", gone.tokens.session_id),
        server.clock() - week,
    )

    # when
    application = AuthTokensApplication.of(server.app.platform)
    assert await application.forget_ended_sessions() >= 1

    # then
    left = {row["id"] for row in await server.rows("SELECT id FROM auth_tokens.session")}
    spent = {row["session_id"] for row in await server.rows("SELECT session_id FROM auth_tokens.spent_refresh_token")}
    assert ids.decode("session", gone.tokens.session_id) not in left | spent
    assert ids.decode("session", there.tokens.session_id) in left
