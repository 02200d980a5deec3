"""The use case of machines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.kernel import values
from server.kernel.access.roles import Ownership, TenantRole
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.errors import Violation
from server.kernel.quotas import Quotas
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.api_keys.api import ApiKeysApi
from server.subdomains.identity.machines.settings import MachinesSettings
from server.subdomains.identity.password_credentials.api import Defaults, defaults_of_registrations
from server.subdomains.organizations.api import OrganizationsApi
from server.subdomains.users.api import Joined, UsersApi

_MOST_PER_HOUR = 20
_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The particulars of a machine. What is empty was not said."""

    name: str
    timezone: str = ""
    country_code: str = ""
    api_key_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that was registered, and its key."""

    id: str
    name: str
    api_key: str = field(repr=False)
    created_by_id: str
    api_key_expires_at: datetime | None


class MachinesApplication:
    """Registers machines."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        quotas: Quotas,
        most_per_hour: int,
        defaults: Defaults,
        users: UsersApi,
        organizations: OrganizationsApi,
        api_keys: ApiKeysApi,
        usages: UsagesApi,
        is_testing: bool,
    ) -> None:
        self._begin = begin
        self._quotas = quotas
        self._most_per_hour = most_per_hour
        self._defaults = defaults
        self._users = users
        self._organizations = organizations
        self._api_keys = api_keys
        self._usages = usages
        self._is_testing = is_testing

    @classmethod
    def of(cls, platform: Platform) -> "MachinesApplication":
        settings: MachinesSettings = platform.read_settings(MachinesSettings)
        most = settings.machine_registrations_per_hour
        return cls(
            begin=platform.begin,
            quotas=platform.quotas,
            most_per_hour=most if most is not None else (0 if platform.is_testing else _MOST_PER_HOUR),
            defaults=defaults_of_registrations(platform),
            users=UsersApi.of(platform),
            organizations=OrganizationsApi.of(platform),
            api_keys=ApiKeysApi.of(platform),
            usages=UsagesApi.of(platform),
            is_testing=platform.is_testing,
        )

    def violations_of_registration(self, registration: Registration) -> Iterator[Violation]:
        """What is wrong with the particulars of a new machine."""
        if values.machine_name(registration.name) is None:
            yield Violation("name", "INVALID_NAME", "must be 1 to 200 letters, digits and the like")
        timezone, country_code = registration.timezone, registration.country_code
        if timezone and values.timezone(timezone, is_testing=self._is_testing) is None:
            yield Violation("timezone", "INVALID_TIMEZONE", "must be an id of the IANA time zone database")
        if country_code and values.country_code(country_code) is None:
            yield Violation("country_code", "INVALID_COUNTRY_CODE", "must be an ISO 3166-1 code")
        yield from self._api_keys.violations_of_expiry("api_key_expires_at", registration.api_key_expires_at)

    async def register_machine(
        self, registration: Registration, *, caller_id: str, is_anonymous: bool, client_address: str
    ) -> Machine:
        """Register a machine and make its key: all of it, or nothing."""
        most = self._most_per_hour if is_anonymous else 0
        async with self._quotas.counted(
            self._begin, "machine-registrations", client_address, most=most, within=_WITHIN
        ) as uow:
            machine = await self._users.register_machine(
                uow,
                name=registration.name,
                timezone=registration.timezone or self._defaults.timezone,
                country_code=values.country_code(registration.country_code) or self._defaults.country_code,
                is_anonymous=is_anonymous,
                joined=None if is_anonymous else await self._find_joined(uow, caller_id),
            )
            text, key = await self._api_keys.create(
                uow, user_id=machine.id, name=registration.name, expires_at=registration.api_key_expires_at
            )
            self._usages.record(
                uow,
                "Machine Registered",
                ResourceId=machine.id,
                Name=registration.name,
                UserIdOverride=machine.id,
            )
        return Machine(machine.id, registration.name, text, caller_id, key.expires_at)

    async def _find_joined(self, uow: UnitOfWork, caller_id: str) -> Joined | None:
        """The default organization of the caller, locked, if it is a shared one that the caller owns."""
        organization_id = await self._find_owned(uow, caller_id)
        if organization_id is None:
            return None
        organization = await self._organizations.lock_organization(uow, organization_id)
        # Until the lock was there, the caller could leave, or be an owner no more.
        if organization is None or await self._find_owned(uow, caller_id) != organization_id:
            return None
        return Joined(organization.id, organization.name)

    async def _find_owned(self, uow: UnitOfWork, caller_id: str) -> str | None:
        default = await self._users.find_default_membership(uow, caller_id)
        if default is None or default.ownership is not Ownership.SHARED or TenantRole.OWNER not in default.roles:
            return None
        return default.organization_id
