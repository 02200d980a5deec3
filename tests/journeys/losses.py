"""The ways of losing access that a drill tries: who may call, what takes that away, and how calls are refused then."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest, DeleteApiKeyRequest
from tenantry.api_keys.v1.api_keys_service_pb2_grpc import ApiKeysServiceStub
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import ListSessionsRequest, RevokeSessionRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest, GetOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    CompletePasswordResetRequest,
    ConfirmPersonRegistrationRequest,
    InitiatePasswordResetRequest,
)
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    GetRegistrationConfirmationRequest as _Confirmation,
)
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub
from tenantry.users.v1.users_service_pb2 import ListMembershipsForCallerRequest, SuspendUserRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from server.subdomains.organizations.api import OrganizationsApi
from server.subdomains.users.api import UsersApi
from tests.journeys.fleet import Fleet, SignedIn, metadata_of
from tests.signed_in import registration

CALL_SECONDS = 30

Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """Somebody who may call, what takes that away, and how calls are refused then."""

    call: Call
    end: Call
    reason: str
    changed_id: str  # whose latest event says that it was taken away


async def _revoke_session(team: Fleet, operator: SignedIn) -> Case:
    person = await team.person()
    other = await team.sign_in(person.user_id)
    sessions = AuthTokensServiceStub(team.channel)
    request = RevokeSessionRequest(id=other.session_id)
    return Case(
        lambda: sessions.ListSessions(ListSessionsRequest(), metadata=metadata_of(other), timeout=CALL_SECONDS),
        lambda: sessions.RevokeSession(request, metadata=person.metadata),
        "TOKEN_REVOKED",
        other.session_id,
    )


async def _suspend(team: Fleet, operator: SignedIn) -> Case:
    person = await team.person()
    request = SuspendUserRequest(id=person.user_id)
    return Case(
        list_memberships(team, person),
        lambda: UsersServiceStub(team.channel).SuspendUser(request, metadata=operator.metadata),
        "ACCOUNT_SUSPENDED",
        person.user_id,
    )


async def _remove_member(team: Fleet, operator: SignedIn) -> Case:
    owner, person = await team.person(), await team.person()
    organizations, platform = OrganizationsServiceStub(team.channel), team.own.app.platform
    created = await organizations.CreateOrganization(CreateOrganizationRequest(name="Firm"), metadata=owner.metadata)
    organization_id = created.organization.id
    async with platform.begin() as uow:
        await UsersApi.of(platform).add_member(
            uow, user_id=person.user_id, organization_id=organization_id, organization_name="Firm"
        )

    async def remove() -> None:
        async with platform.begin() as uow:
            await OrganizationsApi.of(platform).lock_organization(uow, organization_id)
            await UsersApi.of(platform).remove_member(
                uow, user_id=person.user_id, organization_id=organization_id, removed_by_id=owner.user_id
            )

    request = GetOrganizationRequest(organization_id=organization_id)
    return Case(
        lambda: organizations.GetOrganization(request, metadata=person.metadata, timeout=CALL_SECONDS),
        remove,
        "NOT_A_MEMBER",
        person.user_id,
    )


async def _change_password(team: Fleet, operator: SignedIn) -> Case:
    passwords, request = PasswordCredentialsServiceStub(team.channel), registration()
    person = (await passwords.RegisterPerson(request)).person
    token = (await passwords.GetRegistrationConfirmation(_Confirmation(user_id=person.user.id))).token
    await passwords.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=token))
    signed_in = SignedIn(person.user.id, request.email_address, await team.sign_in(person.user.id))
    await passwords.InitiatePasswordReset(InitiatePasswordResetRequest(email_address=request.email_address))
    change = CompletePasswordResetRequest(
        token=await _reset_token(team, request.email_address), password="a loud harbour at dawn"
    )
    call = list_memberships(team, signed_in)
    return Case(call, lambda: passwords.CompletePasswordReset(change), "TOKEN_REVOKED", signed_in.tokens.session_id)


async def _reset_token(team: Fleet, email_address: str) -> str:
    """The token of the mail, once the worker has sent it."""
    sql = "SELECT body FROM emails.captured_mail WHERE to_email_address = $1"
    async with asyncio.timeout(120):
        while True:
            for row in await team.own.rows(sql, email_address):
                found = re.search(r"/confirm-password-reset#token=([A-Za-z0-9_-]{43})", row["body"])
                if found:
                    return found[1]
            await asyncio.sleep(0.1)


async def _delete_key(team: Fleet, operator: SignedIn) -> Case:
    person, keys = await team.person(), ApiKeysServiceStub(team.channel)
    made = await keys.CreateApiKey(CreateApiKeyRequest(), metadata=person.metadata)
    by_key = (("x-api-key", made.api_key),)
    identities = IdentitiesServiceStub(team.channel)
    return Case(
        lambda: identities.GetIdentity(GetIdentityRequest(), metadata=by_key, timeout=CALL_SECONDS),
        lambda: keys.DeleteApiKey(DeleteApiKeyRequest(id=made.key.id), metadata=person.metadata),
        "API_KEY_INVALID",
        made.key.id,
    )


LOSSES = {
    "a session is revoked": _revoke_session,
    "a user is suspended": _suspend,
    "a member is removed": _remove_member,
    "a password is changed": _change_password,
    "an API key is deleted": _delete_key,
}


def list_memberships(team: Fleet, person: SignedIn) -> Call:
    """A call that everybody with access may make."""
    users, request = UsersServiceStub(team.channel), ListMembershipsForCallerRequest()
    return lambda: users.ListMembershipsForCaller(request, metadata=person.metadata, timeout=CALL_SECONDS)
