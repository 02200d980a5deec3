"""The use cases of organizations: those of the contract, then what follows from what others do."""

from collections.abc import Callable, Iterator, Sequence

from server.kernel import values
from server.kernel.access.roles import Ownership
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import Violation
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.provisioning.api import ProvisionedSetting, ProvisioningApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.organizations.adapters.settings_file import read_settings_file
from server.subdomains.organizations.domain.organization import LONGEST_NAME, BillingSubscriber, Organization
from server.subdomains.organizations.domain.setting import Setting
from server.subdomains.organizations.errors import PersonRequired
from server.subdomains.organizations.repository import OrganizationReader, OrganizationRepository
from server.subdomains.organizations.settings import OrganizationsSettings


class OrganizationsApplication:
    """What can be done with organizations."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        usages: UsagesApi,
        provisioning: ProvisioningApi,
        settings: Sequence[Setting],
        provisioned: Sequence[Setting],
        keys: SecretKeys,
        host_region: str,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._organizations = OrganizationReader(reader)
        self._usages = usages
        self._provisioning = provisioning
        self._settings = settings
        self._provisioned = [
            ProvisionedSetting(setting.name, setting.json_value, setting.is_encrypted) for setting in provisioned
        ]
        self._keys = keys
        self._host_region = host_region
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "OrganizationsApplication":
        settings: OrganizationsSettings = platform.read_settings(OrganizationsSettings)
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            usages=UsagesApi.of(platform),
            provisioning=ProvisioningApi.of(platform),
            settings=read_settings_file(settings.tenant_settings_file, "TENANTRY_TENANT_SETTINGS_FILE"),
            provisioned=read_settings_file(settings.provisioning_settings_file, "TENANTRY_PROVISIONING_SETTINGS_FILE"),
            keys=SecretKeys.parse(settings.tenant_settings_encryption_keys.get_secret_value()),
            host_region=platform.database.host_region,
            new_id=platform.new_id,
            now=platform.clock,
        )

    def violations_of_name(self, name: str) -> Iterator[Violation]:
        """What is wrong with the name of an organization."""
        if values.descriptive_name(name, LONGEST_NAME) is None:
            description = f"must be 1 to {LONGEST_NAME} letters, digits, spaces and punctuation"
            yield Violation("name", "INVALID_NAME", description)

    async def create_organization(self, *, caller_id: str, is_person: bool, name: str) -> Organization:
        """Create a shared organization, which becomes its creator's default one."""
        if not is_person:
            raise PersonRequired
        async with self._begin() as uow:
            return await self._create(uow, name=name, ownership=Ownership.SHARED, creator_id=caller_id)

    async def get_organization(self, organization_id: str) -> Organization:
        """Find one organization."""
        return await self._organizations.get(organization_id)

    async def find_organization(self, uow: UnitOfWork, organization_id: str) -> Organization | None:
        """An organization, within the transaction of whoever asks, which then acts within it."""
        return await OrganizationRepository(uow).find(organization_id)

    async def lock_organization(self, uow: UnitOfWork, organization_id: str) -> Organization | None:
        """The same, and nobody else changes it until the end of the transaction."""
        return await OrganizationRepository(uow).lock(organization_id)

    async def get_settings(self, uow: UnitOfWork, organization_id: str) -> dict[str, str]:
        """The settings of an organization, by name, encrypted ones opened."""
        found = await OrganizationRepository(uow).settings_of(organization_id, self._keys)
        return {name: setting.value for name, setting in found.items()}

    async def change_settings(self, uow: UnitOfWork, organization_id: str, settings: Sequence[Setting]) -> bool:
        """Add new settings, replace others, remove none. Says whether there is such an organization."""
        organizations = OrganizationRepository(uow)
        organization = await organizations.lock(organization_id)
        if organization is None:
            return False
        known = await organizations.settings_of(organization_id, self._keys)
        changed = organization.change_settings(known, settings)
        if changed:
            await organizations.put_settings(organization, changed, self._keys)
            await organizations.save(organization)
        return True

    async def create_personal_organization(self, uow: UnitOfWork, *, creator_id: str, name: str) -> None:
        """Give a user who registers an organization of its own."""
        await self._create(uow, name=name[:LONGEST_NAME], ownership=Ownership.PERSONAL, creator_id=creator_id)

    async def add_member(self, uow: UnitOfWork, *, organization_id: str, user_id: str) -> None:
        """Take note of a new member; of one that is known already, nothing."""
        organizations = OrganizationRepository(uow)
        organization = await organizations.get(organization_id)
        if await organizations.add_member(organization, user_id):
            organization.add_member(user_id)
            await organizations.save(organization)

    async def subscribe(self, uow: UnitOfWork, *, organization_id: str, subscriber: BillingSubscriber) -> None:
        """Take note of who pays for an organization."""
        organizations = OrganizationRepository(uow)
        organization = await organizations.get(organization_id)
        organization.subscribe(subscriber)
        await organizations.save(organization)

    async def _create(self, uow: UnitOfWork, *, name: str, ownership: Ownership, creator_id: str) -> Organization:
        organization = Organization.create(
            id=self._new_id("org"),
            name=name,
            ownership=ownership,
            created_by_id=creator_id,
            host_region=self._host_region,
            settings=self._settings,
            now=self._now(),
        )
        await OrganizationRepository(uow).add(organization, self._settings, self._keys)
        if self._provisioned:
            self._provisioning.queue(uow, organization_id=organization.id, settings=self._provisioned)
        self._usages.record(
            uow,
            "Organization Created",
            ResourceId=organization.id,
            Name=name,
            Ownership=ownership.value,
            CreateBy=creator_id,
            UserIdOverride=creator_id,
        )
        return organization
