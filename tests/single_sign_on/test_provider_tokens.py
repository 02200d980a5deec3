"""The tokens of providers, for subdomains that call those providers."""

import asyncio
from datetime import timedelta

import pytest

from server.kernel import ids
from server.kernel.access.caller import Call, Caller, Credential, set_current_call
from server.kernel.errors import AccountSuspended
from server.subdomains.identity.single_sign_on.api import (
    SingleSignOnApi,
    SsoAuthenticationFailed,
    SsoProviderUnavailable,
)
from tests.harness import properties_of
from tests.signed_in import new_address
from tests.single_sign_on.clients import claims_of
from tests.single_sign_on.test_outages import status
from tests.single_sign_on.traces import audits_of, counts


@pytest.fixture
def api(server):
    return SingleSignOnApi.of(server.app.platform)


async def test_the_tokens_of_a_user_at_every_provider(api, client, issuers, server):
    address = new_address()
    before = server.clock()
    tokens = await client.sign_in(sub="held-by-acme", email=address)
    await client.at("google", issuers.google).sign_in(sub="held-by-google", email=address)

    acme, google = await api.get_tokens(tokens.user_id)

    assert (acme.provider, google.provider) == ("acme", "google")
    assert acme.access_token.value in issuers.acme.userinfo
    assert (acme.refresh_token.value, google.refresh_token.value) == ("refresh-held-by-acme", "refresh-held-by-google")
    [id_token] = acme.other_tokens
    assert id_token.value.count(".") == 2
    minute = timedelta(minutes=1)
    for token, lifetime in (
        (acme.access_token, timedelta(seconds=1800)),
        (acme.refresh_token, timedelta(days=1)),
        (id_token, timedelta(hours=1)),
    ):
        assert before + lifetime <= token.expires_at < before + lifetime + minute
    assert "refresh-held-by-acme" not in repr(acme)


async def test_the_tokens_of_the_caller(api, client):
    tokens = await client.sign_in()

    async def ask():
        set_current_call(Call(Caller(tokens.user_id, Credential.ACCESS_TOKEN), "a-call"))
        return await api.get_tokens()

    [found] = await asyncio.create_task(ask())
    assert found == (await api.get_tokens(tokens.user_id))[0]


async def test_a_user_without_any(api, people):
    assert await api.get_tokens((await people.person()).user_id) == []


async def test_a_sign_in_replaces_what_was_kept(api, client, issuer):
    claims = claims_of()
    tokens = await client.sign_in(**claims)
    [before] = await api.get_tokens(tokens.user_id)
    issuer.spoil_tokens = lambda answer: answer.pop("refresh_token")

    await client.sign_in(**claims)

    [after] = await api.get_tokens(tokens.user_id)
    assert after.access_token != before.access_token
    assert after.refresh_token is None


async def test_a_provider_that_is_no_more_configured_is_left_out(api, client, server):
    tokens = await client.sign_in()
    for table in ("sso_user", "provider_auth_tokens"):
        sql = f"UPDATE single_sign_on.{table} SET provider_name = 'gone' WHERE user_id = $1"
        await server.rows(sql, ids.decode("user", tokens.user_id))

    assert await api.get_tokens(tokens.user_id) == []


async def test_a_value_that_was_moved_to_another_row_does_not_open_and_keeps_nobody_from_signing_in(
    api, client, server
):
    claims = claims_of()
    mine, theirs = await client.sign_in(**claims), await client.sign_in()
    sql = """
        UPDATE single_sign_on.provider_auth_tokens
        SET tokens = (SELECT tokens FROM single_sign_on.provider_auth_tokens WHERE user_id = $2) WHERE user_id = $1
    """
    await server.rows(sql, *[ids.decode("user", each.user_id) for each in (mine, theirs)])

    [found] = await api.get_tokens(mine.user_id)
    assert (found.access_token, found.refresh_token, found.other_tokens) == (None, None, [])
    await client.sign_in(**claims)
    [found] = await api.get_tokens(mine.user_id)
    assert found.access_token is not None


async def test_a_value_that_was_moved_to_another_place_does_not_open(api, client, server):
    """A refresh token is longer good than an access token, and goes to fewer."""
    tokens = await client.sign_in()
    sql = """
        UPDATE single_sign_on.provider_auth_tokens
        SET tokens = jsonb_set(tokens, '{0,value}', tokens #> '{1,value}') WHERE user_id = $1
    """
    await server.rows(sql, ids.decode("user", tokens.user_id))

    [found] = await api.get_tokens(tokens.user_id)

    assert found.access_token is None
    assert found.refresh_token is not None


async def test_tokens_are_renewed(api, client, issuer, server):
    tokens = await client.sign_in(sub="renewed")
    [before] = await api.get_tokens(tokens.user_id)
    issuer.spoil_tokens = lambda answer: answer.update(refresh_token="refresh-the-next")

    renewed = await api.refresh_tokens("ACME", tokens.user_id)

    assert renewed.access_token.value != before.access_token.value
    assert renewed.refresh_token.value == "refresh-the-next"
    assert await api.get_tokens(tokens.user_id) == [renewed]
    assert issuer.forms[-1] == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-renewed",
        "client_id": issuer.forms[-1]["client_id"],
        "client_secret": issuer.forms[-1]["client_secret"],
    }
    assert (await audits_of(server, tokens.user_id))[-1] == "Authentication.SSO.Refreshed.Passed"
    [usage] = [text for text in await server.queued("usages", tokens.user_id) if "User Extended Login" in text]
    assert properties_of(usage) == {"AuthProvider": "acme", "UserIdOverride": tokens.user_id}


async def test_a_provider_that_gives_no_new_refresh_token_means_the_old_one(api, client):
    tokens = await client.sign_in(sub="kept-on")

    for _ in range(2):
        renewed = await api.refresh_tokens("acme", tokens.user_id)
        assert renewed.refresh_token.value == "refresh-kept-on"


async def test_a_new_id_token_must_be_about_the_same_account(api, client, issuer, server):
    tokens = await client.sign_in()

    def give_id_token_of_somebody_else(answer):
        now = int(server.clock().timestamp())
        claims = {"iss": issuer.url, "aud": "tenantry-tests", "sub": "somebody else", "iat": now, "exp": now + 60}
        answer["id_token"] = issuer.keys[-1].sign(claims)

    issuer.spoil_tokens = give_id_token_of_somebody_else
    await is_not_renewed(api, server, "acme", tokens.user_id, SsoAuthenticationFailed)


async def test_whoever_has_no_account_there(api, client, people, server):
    tokens = await client.sign_in()

    for provider, user_id in (
        ("nobody", tokens.user_id),
        ("google", tokens.user_id),
        ("acme", (await people.person()).user_id),
        ("acme", ids.new_id("user")),
    ):
        await is_not_renewed(api, server, provider, user_id, SsoAuthenticationFailed)


async def test_a_machine(api, client, server):
    tokens = await client.sign_in()
    sql = "UPDATE users.end_user SET classification = 'machine', email_address = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("user", tokens.user_id))

    await is_not_renewed(api, server, "acme", tokens.user_id, SsoAuthenticationFailed)


async def test_a_suspended_user(api, client, people, server):
    tokens = await client.sign_in()
    await people.suspend(tokens.user_id)

    with pytest.raises(AccountSuspended):
        await api.refresh_tokens("acme", tokens.user_id)

    assert (await audits_of(server, tokens.user_id))[-1] == "Authentication.SSO.Refreshed.Failed.AccountSuspended"


async def test_a_provider_that_refuses(api, client, issuer, server):
    tokens = await client.sign_in()
    issuer.instead["/token"] = status(400)

    await is_not_renewed(api, server, "acme", tokens.user_id, SsoAuthenticationFailed)


async def test_a_provider_that_is_away(api, client, issuer, server):
    tokens = await client.sign_in()
    issuer.instead["/token"] = status(503)

    await is_not_renewed(api, server, "acme", tokens.user_id, SsoProviderUnavailable)


async def test_a_set_without_a_refresh_token(api, client, issuer, server):
    issuer.spoil_tokens = lambda answer: answer.pop("refresh_token")
    tokens = await client.sign_in()

    await is_not_renewed(api, server, "acme", tokens.user_id, SsoAuthenticationFailed)


async def is_not_renewed(api, server, provider, user_id, refusal):
    before, kept = await counts(server), await api.get_tokens(user_id)

    with pytest.raises(refusal) as refused:
        await api.refresh_tokens(provider, user_id)

    assert refused.value.metadata == {"provider": provider}
    assert await counts(server) == before
    assert await api.get_tokens(user_id) == kept


async def test_the_addresses_that_providers_have_verified(api, client, issuers, server):
    address, other = new_address(), new_address()
    claims = claims_of(email=address)
    tokens = await client.sign_in(**claims)
    google = client.at("google", issuers.google)
    account = claims_of(email=address)
    await google.sign_in(**account)
    await google.sign_in(**account | {"email": other})

    async def addresses():
        async with server.app.platform.begin() as uow:
            return await api.verified_addresses(uow, tokens.user_id)

    assert set(await addresses()) == {address, other}
    await google.sign_in(**account | {"email": other, "email_verified": False})
    assert await addresses() == [address]
