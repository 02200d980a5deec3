"""DeliverAllProvisionings, and what new organizations queue for it."""

import base64
import json

import pytest
import pytest_asyncio
from tenantry.provisioning.v1.provisioning_service_pb2 import DeliverAllProvisioningsRequest
from tenantry.provisioning.v1.provisioning_service_pb2_grpc import ProvisioningServiceStub

from server.kernel import ids
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.settings import SettingsError
from server.subdomains.ancillary.provisioning.api import ProvisionedSetting, ProvisioningApi
from server.subdomains.organizations.api import OrganizationsApi
from server.subdomains.organizations.settings import OrganizationsSettings
from server.subdomains.users.api import UsersApi
from tests.harness import running
from tests.people import People, registration
from tests.provisioning.conftest import compose_with_provisioning

SETTINGS = {
    "SettingsEncryptedAtRest": "Database:Password",
    "Database": {"Password": "hush-hush", "Port": 5432},
    "Region": "nz",
    "IsOn": True,
}


async def drained(server):
    answer = await ProvisioningServiceStub(server.channel).DeliverAllProvisionings(DeliverAllProvisioningsRequest())
    return answer.delivered_count, answer.failed_count


@pytest_asyncio.fixture
async def provisioning_server(server, tmp_path, monkeypatch):
    """A server of a deployment that provisions infrastructure for each organization."""
    path = tmp_path / "provisioning.json"
    path.write_text(json.dumps(SETTINGS))
    monkeypatch.setenv("TENANTRY_PROVISIONING_SETTINGS_FILE", str(path))
    async with running(server.dsn, compose_with_provisioning) as configured:
        yield configured


async def test_an_empty_queue_is_drained_at_once(server):
    assert await drained(server) == (0, 0)


async def test_what_was_queued_reaches_the_organizations_in_order(server, settings_of, organization_id):
    api = ProvisioningApi.of(server.app.platform)
    for number in range(25):
        async with server.database.begin() as uow:
            api.queue(uow, organization_id=organization_id, settings=[ProvisionedSetting("Name", number)])

    assert await drained(server) == (25, 0)
    assert await settings_of(organization_id) == {"Name": "24"}
    assert await drained(server) == (0, 0)


async def test_what_fails_stops_nothing(server, settings_of, organization_id):
    api = ProvisioningApi.of(server.app.platform)
    async with server.database.begin() as uow:
        api.queue(uow, organization_id=ids.new_id("org"), settings=[ProvisionedSetting("Name", "early")])
        uow.deliver(Message(Queue.PROVISIONINGS, {"TenantId": organization_id}))
        api.queue(uow, organization_id=organization_id, settings=[ProvisionedSetting("Name", "value")])

    assert await drained(server) == (1, 2)
    assert await settings_of(organization_id) == {"Name": "value"}
    rows = await server.rows("SELECT reason, dead_at FROM kernel.delivery WHERE queue = 'provisionings'")
    assert {(row["reason"], row["dead_at"] is not None) for row in rows} == {
        ("ORGANIZATION_NOT_FOUND", False),
        ("PROVISIONING_MISSING_SETTINGS", True),
    }


async def test_every_new_organization_queues_the_settings_of_the_file(provisioning_server, settings_of):
    # given
    people = People(provisioning_server)

    # when
    person = await people.register()
    shared = await people.create_organization(person)

    # then
    for organization_id in (person.organization_id, shared):
        [text] = await provisioning_server.queued("provisionings", organization_id)
        message = json.loads(text)
        assert message["TenantId"] == organization_id
        assert message["Settings"] == {
            "Database:Password": {"Value": "hush-hush", "IsEncrypted": True},
            "Database:Port": {"Value": 5432, "IsEncrypted": False},
            "Region": {"Value": "nz", "IsEncrypted": False},
            "IsOn": {"Value": True, "IsEncrypted": False},
        }
        assert await settings_of(organization_id) == {}
    assert await drained(provisioning_server) == (2, 0)
    for organization_id in (person.organization_id, shared):
        assert await settings_of(organization_id) == {
            "Database:Password": "hush-hush",
            "Database:Port": "5432",
            "Region": "nz",
            "IsOn": "True",
        }
    rows = await provisioning_server.rows("SELECT value FROM organizations.setting WHERE name = 'Database:Password'")
    assert [row["value"] for row in rows] == [None, None]


async def test_an_organization_that_is_rolled_back_queues_nothing(provisioning_server, server):
    class ChangedItsMind(Exception):
        pass

    platform = provisioning_server.app.platform
    with pytest.raises(ChangedItsMind):
        async with platform.begin() as uow:
            await UsersApi.of(platform).register_person(uow, **registration())
            raise ChangedItsMind

    assert await server.queued("provisionings", "") == []


async def test_without_a_file_nothing_is_queued(server):
    person = await People(server).register()

    assert await server.queued("provisionings", person.organization_id) == []


async def test_a_bad_file_stops_the_start(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TENANTRY_PROVISIONING_SETTINGS_FILE", str(tmp_path / "nowhere.json"))

    with pytest.raises(SettingsError, match="TENANTRY_PROVISIONING_SETTINGS_FILE is wrong"):
        async with running(server.dsn, compose_with_provisioning):
            pass


async def test_settings_sealed_with_an_old_key_are_read_and_new_ones_sealed_with_the_new(
    server, organization_id, monkeypatch
):
    # given
    given = server.app.platform.read_settings(OrganizationsSettings).tenant_settings_encryption_keys.get_secret_value()
    [old] = json.loads(given)
    new = {"id": "newer", "key": base64.b64encode(b"n" * 32).decode(), "status": "current"}
    await _put(server, organization_id, Old="old-hush", Both="first-hush")

    # when
    monkeypatch.setenv("TENANTRY_TENANT_SETTINGS_ENCRYPTION_KEYS", json.dumps([new, old | {"status": "read_only"}]))
    async with running(server.dsn, compose_with_provisioning) as rotated:
        await _put(rotated, organization_id, New="new-hush", Both="second-hush")
        async with rotated.database.begin() as uow:
            found = await OrganizationsApi.of(rotated.app.platform).get_settings(uow, organization_id)

    # then
    assert found == {"Old": "old-hush", "New": "new-hush", "Both": "second-hush"}
    rows = await server.rows(
        "SELECT name, sealed_value FROM organizations.setting WHERE organization_id = $1",
        ids.decode("org", organization_id),
    )
    sealed_by = {row["name"]: row["sealed_value"][1 : 1 + row["sealed_value"][0]].decode() for row in rows}
    assert sealed_by == {"Old": old["id"], "New": "newer", "Both": "newer"}


async def _put(server, organization_id, **values):
    settings = [ProvisionedSetting(name, value, is_encrypted=True) for name, value in values.items()]
    async with server.database.begin() as uow:
        ProvisioningApi.of(server.app.platform).queue(uow, organization_id=organization_id, settings=settings)
    assert await drained(server) == (1, 0)
