"""People register, confirm and sign in by the operations that everybody uses; SQL does only what no RPC does yet."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

import jwt
import pytest
from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest
from tenantry.api_keys.v1.api_keys_service_pb2_grpc import ApiKeysServiceStub
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RefreshTokenRequest, RevokeSessionRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.auth_tokens.v1.tokens_pb2 import Tokens
from tenantry.deliveries.v1.types_pb2 import QUEUE_KIND_PROVISIONINGS
from tenantry.event_notifications.v1.event_notifications_service_pb2 import DomainEventNotification
from tenantry.machines.v1.machines_service_pb2 import RegisterMachineRequest
from tenantry.machines.v1.machines_service_pb2_grpc import MachinesServiceStub
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub
from tenantry.password_credentials.v1 import password_credentials_service_pb2 as passwords
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub
from tenantry.users.v1.users_service_pb2 import ReinstateUserRequest, SuspendUserRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from server.kernel import ids
from server.kernel.access.roles import FeatureLevel, PlatformRole, TenantRole
from server.kernel.rpc.access_enums import FEATURES, PLATFORM_ROLES, TENANT_ROLES
from server.kernel.security.keys import SigningKeys, make_pem
from server.kernel.security.tokens import AccessTokenContent
from server.subdomains.users.api import UsersApi
from server.subdomains.users.operators import add_operator
from tests.event_notifications.letters import write as write_letter
from tests.event_notifications.things import Thing, bus_message
from tests.everything.callers import Caller, Membership
from tests.everything.requests import WORDS, Value
from tests.harness import Metadata, Running

PASSWORD: str = WORDS["password"]
FLAG = "flag-of-everything"


@dataclass(frozen=True)
class Person:
    """Somebody who has registered and signed in."""

    username: str
    tokens: Tokens

    @property
    def user_id(self) -> str:
        return self.tokens.user_id


class People:
    """Makes callers of a running server."""

    def __init__(self, running: Running, password: str = PASSWORD) -> None:
        self._running = running
        self._password = password
        self._passwords = PasswordCredentialsServiceStub(running.channel)
        self._tokens = AuthTokensServiceStub(running.channel)

    async def register(self, request_id: str = "") -> tuple[str, str, str]:
        """A person who is still to confirm: name, user id and the token of the mail."""
        username = f"person-{secrets.token_hex(6)}@example.com"
        request = passwords.RegisterPersonRequest(
            first_name="Ana",
            last_name="Silva",
            email_address=username,
            password=self._password,
            terms_and_conditions_accepted=True,
            request_id=request_id,
        )
        user_id = (await self._passwords.RegisterPerson(request)).person.user.id
        asked = passwords.GetRegistrationConfirmationRequest(user_id=user_id)
        return username, user_id, (await self._passwords.GetRegistrationConfirmation(asked)).token

    async def confirm(self, token: str) -> None:
        """Confirm a registration."""
        await self._passwords.ConfirmPersonRegistration(passwords.ConfirmPersonRegistrationRequest(token=token))

    async def reset_token(self) -> str:
        """The token of the mail that lets somebody new set another password."""
        username, _, token = await self.register()
        await self.confirm(token)
        await self._passwords.InitiatePasswordReset(passwords.InitiatePasswordResetRequest(email_address=username))
        for text in await self._running.queued("emails", username):
            found = re.search(r"/confirm-password-reset#token=([A-Za-z0-9_-]{43})", text)
            if found:
                return found[1]
        raise AssertionError("no reset was mailed")

    async def sign_in(self, username: str, request_id: str = "") -> Tokens:
        """The tokens of a new session."""
        request = passwords.AuthenticateCredentialRequest(
            username=username, password=self._password, request_id=request_id
        )
        return (await self._passwords.AuthenticateCredential(request)).tokens

    async def refresh(self, person: Person, request_id: str = "") -> Tokens:
        """The next tokens of a session."""
        request = RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value, request_id=request_id)
        return (await self._tokens.RefreshToken(request)).tokens

    async def revoke(self, person: Person) -> None:
        """End a session."""
        request = RevokeSessionRequest(id=person.tokens.session_id)
        await self._tokens.RevokeSession(request, metadata=metadata_of(person))

    async def person(self) -> Person:
        """Somebody new, signed in."""
        username, _, token = await self.register()
        await self.confirm(token)
        return Person(username, await self.sign_in(username))

    async def organization(self, owner: Person) -> str:
        """A new shared organization."""
        organizations = OrganizationsServiceStub(self._running.channel)
        request = CreateOrganizationRequest(name=f"Company {secrets.token_hex(6)}")
        answer = await organizations.CreateOrganization(request, metadata=metadata_of(owner))
        return answer.organization.id

    async def join(self, person: Person, *organization_ids: str) -> None:
        """Let somebody join shared organizations as a plain member."""
        platform = self._running.app.platform
        for organization_id in organization_ids:
            async with platform.begin(organization_id) as uow:
                await UsersApi.of(platform).add_member(
                    uow, user_id=person.user_id, organization_id=organization_id, organization_name="Company"
                )
                uow.notify("principals", person.user_id)

    async def suspend(self, person: Person) -> None:
        """Take somebody's access away, as an operator does."""
        operator = await self.operator()
        request = SuspendUserRequest(id=person.user_id)
        await UsersServiceStub(self._running.channel).SuspendUser(request, metadata=metadata_of(operator))

    async def reinstate(self, person: Person) -> None:
        """Give it back, as an operator does."""
        operator = await self.operator()
        request = ReinstateUserRequest(id=person.user_id)
        await UsersServiceStub(self._running.channel).ReinstateUser(request, metadata=metadata_of(operator))

    async def operator(self) -> Person:
        """Somebody new who runs the platform."""
        person = await self.person()
        with pytest.MonkeyPatch.context() as environment:  # the command line finds the database by its setting
            environment.setenv("TENANTRY_DATABASE_URL", self._running.dsn)
            await add_operator(person.username)
        return person

    async def change(self, person: Person, **columns: str | None) -> None:
        """Write to somebody's row."""
        assignments = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
        sql = f"UPDATE users.end_user SET {assignments} WHERE id = $1"
        await self._running.rows(sql, ids.decode("user", person.user_id), *columns.values())

    async def lose_features(self, person: Person) -> None:
        """Leave somebody with what is free."""
        await self.change(person, level=FeatureLevel.BASIC.value)
        sql = "UPDATE users.membership SET level = $2 WHERE user_id = $1"
        await self._running.rows(sql, ids.decode("user", person.user_id), FeatureLevel.BASIC.value)

    async def api_key(self, metadata: Metadata, request_id: str = "") -> str:
        """A new API key of whom the metadata say."""
        service = ApiKeysServiceStub(self._running.channel)
        request = CreateApiKeyRequest(request_id=request_id)
        return str((await service.CreateApiKey(request, metadata=metadata)).api_key)

    async def machine(self, owner: Person) -> Caller:
        """A machine, which joins the organization that its owner calls for by default."""
        service = MachinesServiceStub(self._running.channel)
        request = RegisterMachineRequest(name="Loom")
        machine = (await service.RegisterMachine(request, metadata=metadata_of(owner))).machine
        return await self._caller(machine.id, (("x-api-key", machine.api_key),))

    async def caller(self, person: Person, refused: str = "") -> Caller:
        """What a person may do, as the rows say."""
        found = await self._caller(person.user_id, metadata_of(person))
        return replace(found, session_id=person.tokens.session_id, username=person.username, refused=refused)

    async def _caller(self, user_id: str, metadata: Metadata) -> Caller:
        key = ids.decode("user", user_id)
        [user] = await self._running.rows("SELECT * FROM users.end_user WHERE id = $1", key)
        rows = await self._running.rows("SELECT * FROM users.membership WHERE user_id = $1", key)
        return Caller(
            credential=metadata,
            user_id=user_id,
            platform_role=max(PLATFORM_ROLES[PlatformRole(role)] for role in user["roles"]),
            platform_feature=FEATURES[FeatureLevel(user["level"])],
            memberships={
                ids.encode("org", row["organization_id"]): Membership(
                    max(TENANT_ROLES[TenantRole(role)] for role in row["roles"]), FEATURES[FeatureLevel(row["level"])]
                )
                for row in rows
            },
        )


def metadata_of(person: Person) -> tuple[tuple[str, str], ...]:
    """The credential of somebody who has signed in."""
    return (("authorization", f"Bearer {person.tokens.access_token.value}"),)


async def everybody(running: Running) -> tuple[str, dict[str, Caller]]:
    """An organization, and callers of every kind around it."""
    people = People(running)
    names = ("owner", "member", "featureless", "outsider", "enrolled", "operator", "suspended", "revoked session")
    cast = {name: await people.person() for name in names}
    organization_id = await people.organization(cast["owner"])
    for name in ("member", "featureless", "suspended"):
        await people.join(cast[name], organization_id)
    await people.lose_features(cast["featureless"])
    keys = {name: await people.api_key(metadata_of(cast[name])) for name in ("owner", "suspended")}
    machine = await people.machine(cast["owner"])
    await people.suspend(cast["suspended"])
    await add_operator(cast["operator"].username)
    await people.revoke(cast["revoked session"])
    refused = {
        "suspended": "FAILED_PRECONDITION ACCOUNT_SUSPENDED",
        "revoked session": "UNAUTHENTICATED TOKEN_REVOKED",
    }
    callers = {name: await people.caller(person, refused.get(name, "")) for name, person in cast.items()}
    for name, key in keys.items():
        callers[f"API key of {name}"] = replace(callers[name], credential=(("x-api-key", key),), session_id="")
    return organization_id, {
        "nobody": Caller(),
        **callers,
        "machine": machine,
        "service": Caller(running.as_service, is_service=True),
        **bad_credentials(running, callers["owner"]),
    }


async def several_organizations(running: Running, count: int) -> tuple[dict[str, Caller], Caller]:
    """Organizations with an owner each, and a guest who is a member of the first two."""
    people = People(running)
    owners = [await people.person() for _ in range(count)]
    organizations = {await people.organization(owner): owner for owner in owners}
    guest = await people.person()
    await people.join(guest, *list(organizations)[:2])
    callers = {organization_id: await people.caller(owner) for organization_id, owner in organizations.items()}
    return callers, await people.caller(guest)


def bad_credentials(running: Running, owner: Caller) -> dict[str, Caller]:
    """Credentials that are refused, whoever presents them."""
    token = owner.metadata[0][1]
    now = running.clock()
    content = AccessTokenContent(owner.user_id, owner.session_id, now, ("pwd",), (), ())
    expired = running.app.platform.tokens.issue_access_token(
        content, now=now - timedelta(hours=2), expires_at=now - timedelta(hours=1)
    )
    claims = jwt.decode(token.removeprefix("Bearer "), options={"verify_signature": False})
    stranger = SigningKeys(f'[{{"status": "current", "pem": {make_pem()!r}}}]'.replace("'", '"')).current
    forged = jwt.encode(claims, stranger.private, "ES256", headers={"kid": stranger.kid, "typ": "at+jwt"})
    unsigned = jwt.encode(claims, "", "none", headers={"typ": "at+jwt"})
    invalid = "UNAUTHENTICATED TOKEN_INVALID"
    made = {
        "bad token": ("Bearer nonsense", invalid),
        "other scheme": ("Basic b3duZXI6cGFzc3dvcmQ=", invalid),
        "forged token": (f"Bearer {forged}", invalid),
        "unsigned token": (f"Bearer {unsigned}", invalid),
        "expired token": (f"Bearer {expired}", "UNAUTHENTICATED TOKEN_EXPIRED"),
    }
    callers = {name: Caller((("authorization", text),), refused=refused) for name, (text, refused) in made.items()}
    callers["bad API key"] = Caller((("x-api-key", "nonsense"),), refused="UNAUTHENTICATED API_KEY_INVALID")
    both = (("authorization", token), ("x-api-key", "nonsense"))
    callers["two credentials"] = Caller(both, refused="UNAUTHENTICATED CREDENTIALS_AMBIGUOUS")
    return callers


def values_for(running: Running) -> dict[str, Value]:
    """What requests of the sign-up path need that only a person who is there can give."""
    people = People(running)

    async def username(caller: Caller, _: str) -> str:
        return caller.username

    async def session(caller: Caller, _: str) -> str:
        return (await people.sign_in(caller.username)).session_id

    async def refresh_token(caller: Caller, _: str) -> str:
        return (await people.sign_in(caller.username)).refresh_token.value

    async def registered_user(*_: object) -> str:
        return (await people.register())[1]

    async def confirmation_token(*_: object) -> str:
        return (await people.register())[2]

    async def flag(*_: object) -> str:
        return FLAG

    async def somebody(*_: object) -> str:
        return ids.new_id("user")

    async def nothing(*_: object) -> None:
        return None

    async def api_key(caller: Caller, _: str) -> str:
        request = CreateApiKeyRequest()
        answer = await ApiKeysServiceStub(running.channel).CreateApiKey(request, metadata=caller.metadata)
        return str(answer.key.id)

    of_people: dict[str, Value] = {
        "DeleteApiKey.id": api_key,
        "RevokeApiKey.id": api_key,
        "AuthenticateCredential.username": username,
        "RevokeSession.id": session,
        "RefreshToken.refresh_token": refresh_token,
        "RevokeToken.refresh_token": refresh_token,
        "GetRegistrationConfirmation.user_id": registered_user,
        "ConfirmPersonRegistration.token": confirmation_token,
        "RegisterPerson.invitation_token": nothing,
        "SuspendUser.id": registered_user,
        "ReinstateUser.id": registered_user,
        "GetFeatureFlag.name": flag,
        "GetFeatureFlag.user_id": somebody,
        "GetFeatureFlagForCaller.name": flag,
        "GetFeatureFlagForCaller.organization_id": nothing,  # optional, and only for its members
    }
    return of_people | _values_of_resets(people) | _values_of_deliveries(running)


def _values_of_resets(people: "People") -> dict[str, Value]:
    """What requests about a forgotten password need."""

    async def reset_token(*_: object) -> str:
        return await people.reset_token()

    async def other_password(*_: object) -> str:
        return f"not {PASSWORD}"

    return {
        "ResendPasswordReset.token": reset_token,
        "VerifyPasswordReset.token": reset_token,
        "CompletePasswordReset.token": reset_token,
        "CompletePasswordReset.password": other_password,
    }


def _values_of_deliveries(running: Running) -> dict[str, Value]:
    """What requests about queued work need: an event for a subscription, letters that are dead."""

    async def notifications(*_: object) -> list[DomainEventNotification]:
        text = bus_message(Thing())
        return [DomainEventNotification(subscription_name="tenantry-testing", message=text)]

    async def dead_letter(*_: object) -> str:
        return await write_letter(running)

    async def dead_letters(*_: object) -> list[str]:
        return [await write_letter(running)]

    async def reason(*_: object) -> str:
        return "EMAIL_GATEWAY_FAILED"

    async def idle_queue(*_: object) -> int:
        return QUEUE_KIND_PROVISIONINGS

    return {
        "NotifyDomainEvents.notifications": notifications,
        "GetDeadLetter.id": dead_letter,
        "RedriveDeadLetters.ids": dead_letters,
        "DiscardDeadLetters.ids": dead_letters,
        "PauseQueue.queue": idle_queue,
        "ResumeQueue.queue": idle_queue,
        "ListDeadLetters.reason": reason,
    }
