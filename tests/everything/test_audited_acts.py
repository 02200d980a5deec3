"""Every act that matters for security leaves its audit: in the transaction of the act, or in one that outlives it."""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio
from tenantry.api_keys.v1.api_keys_service_pb2 import RevokeApiKeyRequest
from tenantry.api_keys.v1.api_keys_service_pb2_grpc import ApiKeysServiceStub
from tenantry.audits.v1.audits_service_pb2 import DeliverAuditsRequest
from tenantry.audits.v1.audits_service_pb2_grpc import AuditsServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub

from server.kernel.access.caller import ANONYMOUS
from server.kernel.errors import AccountSuspended
from server.subdomains.identity.single_sign_on.api import SingleSignOnApi
from tests.everything.people import People, Person, metadata_of
from tests.everything.providers import PROVIDER
from tests.everything.second_factors import Association, SecondFactors
from tests.everything.world import World
from tests.harness import Running, refusal
from tests.single_sign_on.clients import SsoClient, claims_of
from tests.single_sign_on.issuer import Issuer
from tests.users.tiers import change_tier

# The audits of a code against somebody, and what else was written in the same transaction: rows that were never
# changed bear the transaction that made them.
WITNESSES = """
    SELECT (SELECT array_agg(event.name) FROM kernel.event WHERE event.xmin::text = delivery.xmin::text) AS events
    FROM kernel.delivery
    WHERE queue = 'audits' AND message::jsonb ->> 'AuditCode' = $1 AND message::jsonb ->> 'AgainstId' = $2
"""


@dataclass
class Acts:
    """What people do. Each returns whom the audit is against."""

    server: Running
    client: SsoClient

    @property
    def people(self) -> People:
        return People(self.server)

    @property
    def factors(self) -> SecondFactors:
        return SecondFactors(self.server)

    async def register(self) -> str:
        _, user_id, _ = await self.people.register()
        return user_id

    async def become_operator(self) -> str:
        return (await self.people.operator()).user_id

    async def upgrade(self) -> str:
        person = await self.people.person()
        organization_id = await self.people.organization(person)
        await change_tier(self.server, organization_id, "professional")
        return person.user_id

    async def sign_in(self) -> str:
        return (await self.people.person()).user_id

    async def give_a_wrong_password(self) -> str:
        person = await self.people.person()
        await self._refused(person, "INVALID_CREDENTIALS", password="1Wrong-Password!")
        return person.user_id

    async def try_while_locked(self) -> str:
        person = await self.people.person()
        for _ in range(5):
            await self._refused(person, "INVALID_CREDENTIALS", password="1Wrong-Password!")
        await self._refused(person, "ACCOUNT_LOCKED")
        return person.user_id

    async def sign_in_suspended(self) -> str:
        person = await self._suspended()
        await self._refused(person, "ACCOUNT_SUSPENDED")
        return person.user_id

    async def sign_in_unconfirmed(self) -> str:
        username, user_id, _ = await self.people.register()
        assert (await refusal(self.people.sign_in(username))).reason == "REGISTRATION_NOT_VERIFIED"
        return user_id

    async def refresh(self) -> str:
        person = await self.people.person()
        await self.people.refresh(person)
        return person.user_id

    async def refresh_suspended(self) -> str:
        person = await self._suspended()
        assert (await refusal(self.people.refresh(person))).reason == "ACCOUNT_SUSPENDED"
        return person.user_id

    async def refresh_twice(self) -> str:
        person = await self.people.person()
        await self.people.refresh(person)
        assert (await refusal(self.people.refresh(person))).reason == "REFRESH_TOKEN_INVALID"
        return person.user_id

    async def end_a_session(self) -> str:
        person = await self.people.person()
        await self.people.revoke(person)
        return person.user_id

    async def sign_in_by_a_provider(self) -> str:
        return (await self.client.sign_in()).user_id

    async def sign_in_by_a_provider_suspended(self) -> str:
        claims = claims_of()
        tokens = await self.client.sign_in(**claims)
        await self.people.suspend(Person("", tokens))
        assert (await refusal(self.client.sign_in(**claims))).reason == "ACCOUNT_SUSPENDED"
        return tokens.user_id

    async def renew_tokens_of_a_provider(self) -> str:
        user_id = (await self.client.sign_in()).user_id
        await SingleSignOnApi.of(self.server.app.platform).refresh_tokens(PROVIDER, user_id)
        return user_id

    async def renew_tokens_of_a_provider_suspended(self) -> str:
        tokens = await self.client.sign_in()
        await self.people.suspend(Person("", tokens))
        with pytest.raises(AccountSuspended):
            await SingleSignOnApi.of(self.server.app.platform).refresh_tokens(PROVIDER, tokens.user_id)
        return tokens.user_id

    async def forge_a_service_token(self) -> str:
        [(name, value)] = self.server.as_service()
        # From somewhere new each time: the next ones from there are only counted.
        forged = ((name, value[:-4] + "AAAA"), ("x-envoy-external-address", secrets.token_hex(4)))
        service = AuditsServiceStub(self.server.channel)
        await refusal(service.DeliverAudits(DeliverAuditsRequest(messages=["{}"]), metadata=forged))
        return ANONYMOUS

    async def suspend(self) -> str:
        return (await self._suspended()).user_id

    async def reinstate(self) -> str:
        person = await self._suspended()
        await self.people.reinstate(person)
        return person.user_id

    async def pass_a_second_factor(self) -> str:
        return (await self.factors.confirm(await self._begun())).user_id

    async def fail_a_second_factor(self) -> str:
        begun = await self._begun()
        await self.factors.refuse(begun)
        return begun.person.user_id

    async def reset_second_factors(self) -> str:
        person, operator = await self.factors.person(), await self.people.operator()
        await self.factors.reset(person, metadata_of(operator))
        return person.user_id

    async def _begun(self) -> Association:
        return await self.factors.associate(await self.factors.person())

    async def use_a_key(self) -> str:
        person = await self.people.person()
        await self._call_with(await self.people.api_key(metadata_of(person)))
        return person.user_id

    async def use_a_key_suspended(self) -> str:
        person = await self.people.person()
        key = await self.people.api_key(metadata_of(person))
        await self.people.change(person, access="suspended")
        assert (await refusal(self._call_with(key))).reason == "ACCOUNT_SUSPENDED"
        return person.user_id

    async def forge_a_key(self) -> str:
        assert (await refusal(self._call_with("nonsense"))).reason == "API_KEY_INVALID"
        return ANONYMOUS

    async def revoke_a_key(self) -> str:
        person, operator = await self.people.person(), await self.people.operator()
        key = await self.people.api_key(metadata_of(person))
        request = RevokeApiKeyRequest(id=f"apikey_{key.split('_')[1]}")
        await ApiKeysServiceStub(self.server.channel).RevokeApiKey(request, metadata=metadata_of(operator))
        return person.user_id

    async def _call_with(self, key: str) -> None:
        metadata = (("x-api-key", key), ("x-envoy-external-address", secrets.token_hex(4)))
        await IdentitiesServiceStub(self.server.channel).GetIdentity(GetIdentityRequest(), metadata=metadata)

    async def _suspended(self) -> Person:
        person = await self.people.person()
        await self.people.suspend(person)
        return person

    async def _refused(self, person: Person, reason: str, **how: str) -> None:
        assert (await refusal(People(self.server, **how).sign_in(person.username))).reason == reason


@dataclass(frozen=True)
class Rule:
    """Which act an audit must come from, and what happens in the same transaction; nothing where the call fails."""

    act: Callable[[Acts], Awaitable[str]]
    event: str | None = None


_CREDENTIAL = "password_credentials.person_credential_"
RULES = {
    "EndUser.Registered.TermsAccepted": Rule(Acts.register, "users.end_user_registered.v1"),
    "EndUser.PlatformRolesAssigned": Rule(Acts.become_operator, "users.platform_role_assigned.v1"),
    "EndUser.Suspended": Rule(Acts.suspend, "users.end_user_access_changed.v1"),
    "EndUser.Reinstated": Rule(Acts.reinstate, "users.end_user_access_changed.v1"),
    "EndUser.TenantFeaturesAssigned": Rule(Acts.upgrade, "users.membership_features_reset.v1"),
    "EndUser.PlatformFeaturesAssigned": Rule(Acts.upgrade, "users.platform_features_reset.v1"),
    "Authentication.Password.Passed": Rule(Acts.sign_in, "auth_tokens.auth_tokens_created.v1"),
    "Authentication.Password.Failed.InvalidCredentials": Rule(
        Acts.give_a_wrong_password, f"{_CREDENTIAL}password_verified.v1"
    ),
    "Authentication.Password.Failed.AccountLocked": Rule(Acts.try_while_locked),
    "Authentication.Password.Failed.AccountSuspended": Rule(
        Acts.sign_in_suspended, f"{_CREDENTIAL}password_verified.v1"
    ),
    "Authentication.Password.Failed.BeforeVerified": Rule(
        Acts.sign_in_unconfirmed, f"{_CREDENTIAL}password_verified.v1"
    ),
    "Authentication.Password.Mfa.Passed": Rule(Acts.pass_a_second_factor, "auth_tokens.auth_tokens_created.v1"),
    "Authentication.Password.Mfa.Failed.InvalidMfa": Rule(Acts.fail_a_second_factor),
    "Authentication.Password.Mfa.Reset": Rule(Acts.reset_second_factors, "mfa.person_credential_mfa_state_reset.v1"),
    "Authentication.Any.Refreshed.Passed": Rule(Acts.refresh, "auth_tokens.tokens_refreshed.v1"),
    "Authentication.Any.Refreshed.Failed.AccountSuspended": Rule(Acts.refresh_suspended),
    "Authentication.Any.Refreshed.Failed.TokenReused": Rule(Acts.refresh_twice, "auth_tokens.tokens_revoked.v1"),
    "Authentication.Session.Revoked": Rule(Acts.end_a_session, "auth_tokens.tokens_revoked.v1"),
    "Authentication.APIKey.Passed": Rule(Acts.use_a_key, "api_keys.api_key_verified.v1"),
    "Authentication.APIKey.Failed.AccountSuspended": Rule(Acts.use_a_key_suspended),
    "Authentication.APIKey.Revoked": Rule(Acts.revoke_a_key, "api_keys.api_key_revoked.v1"),
    "APIKeyAuthentication.Failed.InvalidAPIKey": Rule(Acts.forge_a_key),
    "SingleSignOn.AutoRegistered": Rule(Acts.sign_in_by_a_provider, "single_sign_on.sso_user_created.v1"),
    "Authentication.SSO.Passed": Rule(Acts.sign_in_by_a_provider, "auth_tokens.auth_tokens_created.v1"),
    "Authentication.SSO.Failed.AccountSuspended": Rule(Acts.sign_in_by_a_provider_suspended),
    "Authentication.SSO.Refreshed.Passed": Rule(
        Acts.renew_tokens_of_a_provider, "single_sign_on.provider_auth_tokens_changed.v1"
    ),
    "Authentication.SSO.Refreshed.Failed.AccountSuspended": Rule(Acts.renew_tokens_of_a_provider_suspended),
    "ServiceTokenAuthentication.Failed.InvalidToken": Rule(Acts.forge_a_service_token),
}


@pytest_asyncio.fixture
async def acts(world: World, issuer: Issuer) -> Acts:
    await world.running.rows("DELETE FROM kernel.delivery WHERE queue = 'audits'")
    return Acts(world.running, SsoClient(world.running, PROVIDER, issuer))


@pytest.mark.parametrize("code", RULES)
async def test_the_act_is_audited_once_with_what_it_did(acts: Acts, code: str) -> None:
    rule = RULES[code]

    against_id = await rule.act(acts)

    [audit] = await acts.server.rows(WITNESSES, code, against_id)
    if rule.event is not None:
        assert rule.event in (audit["events"] or [])


async def test_each_audit_of_an_act_is_a_usage_too_in_the_same_transaction(acts: Acts) -> None:
    for act in {rule.act for rule in RULES.values()}:
        await act(acts)

    sql = "SELECT xmin::text, message FROM kernel.delivery WHERE queue = $1 AND message LIKE $2"
    audits, usages = [await acts.server.rows(sql, *which) for which in (("audits", "%"), ("usages", '%"Audited"%'))]
    told = {(row["xmin"], json.loads(row["message"])["Additional"]["Code"]) for row in usages}
    assert {(row["xmin"], json.loads(row["message"])["AuditCode"].lower()) for row in audits} <= told
    assert {json.loads(row["message"])["AuditCode"] for row in audits} == set(RULES)
