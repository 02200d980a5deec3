"""The settings that every new organization gets."""

import json

import pytest

from server.kernel import ids
from server.kernel.security.secrets import SecretKeys, Unreadable
from server.kernel.settings import SettingsError
from server.subdomains.organizations.adapters.settings_file import read_settings_file
from server.subdomains.organizations.domain.setting import Setting, SettingType
from server.subdomains.organizations.settings import OrganizationsSettings
from tests.harness import running
from tests.people import People, compose

VARIABLE = "TENANTRY_TENANT_SETTINGS_FILE"


def _file(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_nested_names_are_joined_and_empty_entries_are_skipped(tmp_path):
    path = _file(
        tmp_path,
        {
            "SettingsEncryptedAtRest": "Mail:Key; Other,Third",
            "Mail": {"Key": "hush", "Port": 25, "Ratio": 1.5, "IsOn": True, "None": None, "Empty": ""},
            "Hosts": ["a", "b"],
        },
    )

    assert read_settings_file(path, VARIABLE) == [
        Setting("Mail:Key", "hush", SettingType.STRING, is_encrypted=True),
        Setting("Mail:Port", "25", SettingType.NUMBER),
        Setting("Mail:Ratio", "1.5", SettingType.NUMBER),
        Setting("Mail:IsOn", "True", SettingType.BOOLEAN),
        Setting("Hosts:0", "a"),
        Setting("Hosts:1", "b"),
    ]


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"SettingsEncryptedAtRest": "Port", "Port": 25}'], ids=["no JSON", "no object", "a number"]
)
def test_a_bad_file_stops_the_start(tmp_path, content):
    with pytest.raises(SettingsError, match="TENANTRY_TENANT_SETTINGS_FILE is wrong"):
        read_settings_file(_file(tmp_path, content), VARIABLE)


def test_a_missing_file_stops_the_start(tmp_path):
    with pytest.raises(SettingsError, match="TENANTRY_TENANT_SETTINGS_FILE is wrong"):
        read_settings_file(tmp_path / "nowhere.json", VARIABLE)


async def test_secret_ones_are_stored_encrypted_and_published_without_their_value(server, tmp_path, monkeypatch):
    # given
    path = _file(tmp_path, {"SettingsEncryptedAtRest": "Key", "Key": "hush-hush", "Colour": "green"})
    monkeypatch.setenv("TENANTRY_TENANT_SETTINGS_FILE", str(path))

    # when
    async with running(server.dsn, compose) as configured:
        person = await People(configured).register()
        keys = SecretKeys.parse(
            configured.app.platform.read_settings(
                OrganizationsSettings
            ).tenant_settings_encryption_keys.get_secret_value()
        )

    # then
    rows = await server.rows(
        "SELECT * FROM organizations.setting WHERE organization_id = $1 ORDER BY name",
        ids.decode("org", person.organization_id),
    )
    colour, key = rows
    assert (colour["name"], colour["value"], colour["is_encrypted"]) == ("Colour", "green", False)
    assert (key["name"], key["value"], key["is_encrypted"]) == ("Key", None, True)
    bound_to = f"{person.organization_id}|Key".encode()
    assert keys.open("tenant-setting", key["sealed_value"], bound_to) == b"hush-hush"
    with pytest.raises(Unreadable):
        keys.open("tenant-setting", key["sealed_value"], b"another organization")
    events = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1 AND name = 'organizations.setting_created.v1'",
        ids.decode("org", person.organization_id),
    )
    by_name = {json.loads(row["data"])["setting_name"]: json.loads(row["data"]) for row in events}
    assert by_name["Colour"]["value"] == "green"
    assert "value" not in by_name["Key"]
    [row] = await server.rows("SELECT count(*) FROM kernel.event WHERE data::text LIKE '%hush-hush%'")
    assert row["count"] == 0
