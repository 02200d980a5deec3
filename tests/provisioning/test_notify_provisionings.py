"""NotifyProvisionings: the settings of newly provisioned tenants reach their organizations."""

import asyncio
import json
from datetime import timedelta

import asyncpg
import grpc
import pytest
from tenantry.provisioning.v1.provisioning_service_pb2 import NotifyProvisioningsRequest

from server.kernel import ids
from server.subdomains.ancillary.provisioning.application import ProvisioningApplication
from tests.harness import refusal
from tests.messages import DELIVERED, REFUSED, RETRY_LATER, UNREADABLE, message, outcomes
from tests.people import People


def provisioned(organization_id, message_id=None, /, **values):
    """A message with settings that are not encrypted."""
    settings = {name: {"Value": value, "IsEncrypted": False} for name, value in values.items()}
    return message(message_id, TenantId=organization_id, Settings=settings)


async def events_of(server, organization_id, name):
    rows = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1 AND name = $2 ORDER BY version",
        ids.decode("org", organization_id),
        f"organizations.{name}.v1",
    )
    return [json.loads(row["data"]) for row in rows]


async def test_settings_of_every_type_are_added_and_read_back_as_texts(notify, settings_of, organization_id):
    text = provisioned(organization_id, Text="hello", Number=99, Ratio=1.5, On=True, Off=False, Empty="")

    results = await notify(text)

    assert outcomes(results) == [(DELIVERED, "")]
    assert await settings_of(organization_id) == {
        "Text": "hello",
        "Number": "99",
        "Ratio": "1.5",
        "On": "True",
        "Off": "False",
        "Empty": "",
    }


async def test_new_names_are_added_existing_replaced_and_others_kept(notify, settings_of, organization_id, server):
    await notify(provisioned(organization_id, Kept="a", Replaced="b"))

    results = await notify(provisioned(organization_id, Replaced=7, Added=True))

    assert outcomes(results) == [(DELIVERED, "")]
    assert await settings_of(organization_id) == {"Kept": "a", "Replaced": "7", "Added": "True"}
    [updated] = await events_of(server, organization_id, "setting_updated")
    assert updated == {
        "organization_id": organization_id,
        "setting_name": "Replaced",
        "type": "number",
        "is_encrypted": False,
        "value": "7",
        "from_type": "string",
        "from_value": "b",
    }
    created = await events_of(server, organization_id, "setting_created")
    assert [event["setting_name"] for event in created] == ["Kept", "Replaced", "Added"]
    [row] = await server.rows(
        "SELECT version FROM organizations.organization WHERE organization_id = $1", ids.decode("org", organization_id)
    )
    assert row["version"] == len(await server.events(organization_id))


async def test_names_of_settings_keep_their_case_and_members_need_none(notify, settings_of, organization_id):
    settings = {"Mail:Key": {"value": "upper"}, "mail:key": {"VALUE": "lower", "isencrypted": True}}

    results = await notify(message(tenantid=organization_id, settings=settings))

    assert outcomes(results) == [(DELIVERED, "")]
    assert await settings_of(organization_id) == {"Mail:Key": "upper", "mail:key": "lower"}


async def test_encrypted_ones_are_stored_sealed_and_published_without_their_values(
    notify, settings_of, organization_id, server
):
    # given
    key = ids.decode("org", organization_id)
    await notify(provisioned(organization_id, Key="former-hush"))

    # when
    for value in ("first-hush", "second-hush"):
        settings = {"Key": {"Value": value, "IsEncrypted": True}}
        assert outcomes(await notify(message(TenantId=organization_id, Settings=settings))) == [(DELIVERED, "")]

    # then
    assert await settings_of(organization_id) == {"Key": "second-hush"}
    [row] = await server.rows("SELECT * FROM organizations.setting WHERE organization_id = $1", key)
    assert (row["value"], row["is_encrypted"]) == (None, True)
    assert b"second-hush" not in row["sealed_value"]
    for updated in await events_of(server, organization_id, "setting_updated"):
        assert updated["is_encrypted"]
        assert {"value", "from_value"}.isdisjoint(updated)


async def test_only_texts_are_encrypted(notify, settings_of, organization_id, server):
    settings = {"Port": {"Value": 25, "IsEncrypted": True}, "On": {"Value": True, "IsEncrypted": True}}

    results = await notify(message(TenantId=organization_id, Settings=settings))

    assert outcomes(results) == [(DELIVERED, "")]
    assert await settings_of(organization_id) == {"Port": "25", "On": "True"}
    rows = await server.rows(
        "SELECT is_encrypted FROM organizations.setting WHERE organization_id = $1", ids.decode("org", organization_id)
    )
    assert {row["is_encrypted"] for row in rows} == {False}


@pytest.mark.parametrize("value", [None, [], {}, ["a"], {"a": 1}])
async def test_a_setting_with_another_value_is_skipped(notify, settings_of, organization_id, value):
    results = await notify(provisioned(organization_id, Odd=value, Good="good"))

    assert outcomes(results) == [(DELIVERED, "")]
    assert await settings_of(organization_id) == {"Good": "good"}


async def test_a_setting_beyond_all_numbers_is_skipped(notify, settings_of, organization_id):
    text = f'{{"TenantId": "{organization_id}", "Settings": {{"Odd": {{"Value": 1e999}}, "Good": {{"Value": 1}}}}}}'

    assert outcomes(await notify(text)) == [(DELIVERED, "")]
    assert await settings_of(organization_id) == {"Good": "1"}


@pytest.mark.parametrize("tenant", [None, ""])
async def test_a_message_without_an_organization_is_refused(notify, tenant):
    results = await notify(provisioned(tenant, Name="value"))

    assert outcomes(results) == [(REFUSED, "PROVISIONING_MISSING_TENANT_ID")]


@pytest.mark.parametrize("settings", [None, {}, {"Name": None}])
async def test_a_message_without_settings_is_refused(notify, organization_id, settings):
    results = await notify(message(TenantId=organization_id, Settings=settings))

    assert outcomes(results) == [(REFUSED, "PROVISIONING_MISSING_SETTINGS")]


@pytest.mark.parametrize(
    "settings",
    [
        "text",
        [],
        {"Name": "value"},
        {"Name": {"Value": "\0"}},
        {"\0": {"Value": "value"}},
        {"Name": {"Value": "value", "IsEncrypted": "yes"}},
        {"n" * 501: {"Value": "value"}},
    ],
)
async def test_settings_of_the_wrong_type_are_refused(notify, settings_of, organization_id, settings):
    results = await notify(message(TenantId=organization_id, Settings=settings))

    assert outcomes(results) == [(REFUSED, "INVALID_QUEUED_MESSAGE")]
    assert await settings_of(organization_id) == {}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_cannot_be_read_is_refused(notify, case):
    text, reason = UNREADABLE[case]

    assert outcomes(await notify(text)) == [(REFUSED, reason)]


async def test_an_organization_that_does_not_exist_yet_is_tried_again(notify, server):
    message_id = ids.new_id("msg")

    results = await notify(provisioned(ids.new_id("org"), message_id, Name="value"))

    assert outcomes(results) == [(RETRY_LATER, "ORGANIZATION_NOT_FOUND")]
    assert (
        await server.rows("SELECT * FROM provisioning.inbox WHERE message_id = $1", ids.decode("msg", message_id)) == []
    )


async def test_a_message_that_comes_again_does_not_undo_what_came_later(notify, settings_of, organization_id, server):
    # given
    first, second = provisioned(organization_id, Name="first"), provisioned(organization_id, Name="second")

    # when
    results = [*await notify(first, first, second), *await notify(first)]

    # then
    assert outcomes(results) == [(DELIVERED, "")] * 4
    assert await settings_of(organization_id) == {"Name": "second"}
    assert len(await events_of(server, organization_id, "setting_updated")) == 1


async def test_the_same_settings_in_another_message_change_nothing(notify, organization_id, server):
    settings = {"Open": {"Value": "a"}, "Key": {"Value": "hush", "IsEncrypted": True}}
    await notify(message(TenantId=organization_id, Settings=settings))
    before = await server.events(organization_id)

    results = await notify(message(TenantId=organization_id, Settings=settings))

    assert outcomes(results) == [(DELIVERED, "")]
    assert await server.events(organization_id) == before


async def test_a_message_without_an_id_is_carried_out_too(notify, settings_of, organization_id):
    text = json.dumps({"TenantId": organization_id, "Settings": {"Name": {"Value": "value"}}})

    assert outcomes(await notify(text)) == [(DELIVERED, "")]
    assert await settings_of(organization_id) == {"Name": "value"}


async def test_messages_of_a_batch_are_independent_and_carried_out_in_their_order(notify, settings_of, organization_id):
    results = await notify(
        provisioned(organization_id, Name="first"),
        "{",
        provisioned(ids.new_id("org"), Name="elsewhere"),
        provisioned(organization_id, Name="last"),
    )

    assert outcomes(results) == [
        (DELIVERED, ""),
        (REFUSED, "INVALID_QUEUED_MESSAGE"),
        (RETRY_LATER, "ORGANIZATION_NOT_FOUND"),
        (DELIVERED, ""),
    ]
    assert await settings_of(organization_id) == {"Name": "last"}


async def test_organizations_keep_their_settings_apart(notify, settings_of, organization_id, server):
    other = (await People(server).register()).organization_id

    await notify(provisioned(organization_id, Name="mine"), provisioned(other, Name="theirs"))

    assert await settings_of(organization_id) == {"Name": "mine"}
    assert await settings_of(other) == {"Name": "theirs"}


async def test_ten_calls_with_the_same_message_at_once_change_settings_once(
    notify, settings_of, organization_id, server
):
    text = provisioned(organization_id, **{f"Name{number}": number for number in range(30)})

    answers = await asyncio.gather(*(notify(text) for _ in range(10)))

    assert {outcome for results in answers for outcome in outcomes(results)} == {(DELIVERED, "")}
    assert len(await settings_of(organization_id)) == 30
    assert len(await events_of(server, organization_id, "setting_created")) == 30


async def test_different_messages_at_once_all_count(notify, settings_of, organization_id, server):
    texts = [provisioned(organization_id, **{f"Name{number}": number, "Shared": number}) for number in range(10)]

    await asyncio.gather(*(notify(text) for text in texts))

    settings = await settings_of(organization_id)
    assert len(settings) == 11
    assert len(await server.events(organization_id)) == len(set(await _versions(server, organization_id)))


async def _versions(server, organization_id):
    rows = await server.rows(
        "SELECT version FROM kernel.event WHERE aggregate_id = $1", ids.decode("org", organization_id)
    )
    return [row["version"] for row in rows]


async def test_old_messages_are_forgotten(notify, organization_id, server):
    old, new = ids.new_id("msg"), ids.new_id("msg")
    await notify(provisioned(organization_id, old, Name="old"))
    server.clock.advance(timedelta(days=30, seconds=1))
    await notify(provisioned(organization_id, new, Name="new"))

    await ProvisioningApplication.of(server.app.platform).forget_old_messages()

    kept = {row["message_id"] for row in await server.rows("SELECT message_id FROM provisioning.inbox")}
    assert ids.decode("msg", new) in kept
    assert ids.decode("msg", old) not in kept


@pytest.mark.parametrize("count", [0, 101])
async def test_no_message_and_too_many_are_refused(notify, organization_id, settings_of, count):
    refused = await refusal(notify(*(provisioned(organization_id, Name="value") for _ in range(count))))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {"messages": "INVALID_MESSAGES"}
    assert await settings_of(organization_id) == {}


async def test_while_the_store_is_busy_messages_are_to_be_tried_again(notify, settings_of, organization_id, server):
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("BEGIN; LOCK TABLE organizations.setting")
    calling = asyncio.create_task(notify(provisioned(organization_id, Name="value"), "{"))
    blocked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%organizations.setting%'"
    while not (pids := await server.rows(blocked)):
        await asyncio.sleep(0.02)
    await server.rows("SELECT pg_cancel_backend($1)", pids[0]["pid"])

    results = await calling

    assert outcomes(results) == [(RETRY_LATER, "STORE_UNAVAILABLE"), (REFUSED, "INVALID_QUEUED_MESSAGE")]
    await connection.close()
    assert await settings_of(organization_id) == {}


async def test_only_service_accounts_may(provisioning_service, organization_id, settings_of, server):
    request = NotifyProvisioningsRequest(messages=[provisioned(organization_id, Name="value")])
    person = await People(server).register()

    nobody = await refusal(provisioning_service.NotifyProvisionings(request))
    somebody = await refusal(provisioning_service.NotifyProvisionings(request, metadata=person.metadata))

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert (somebody.code, somebody.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert await settings_of(organization_id) == {}
