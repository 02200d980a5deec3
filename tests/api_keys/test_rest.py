"""API keys through the real gateway: in the header x-api-key, and nowhere else."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.api_keys.keys import shown
from tests.everything.world import Ways, standing_gateway
from tests.harness import Running


@pytest_asyncio.fixture(scope="session")
async def ways(server: Running) -> AsyncIterator[Ways]:
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:  # a path short enough for sockets
        async with standing_gateway(server.port, Path(folder)) as found:
            yield found


@pytest.fixture
def client(ways: Ways) -> httpx.AsyncClient:
    return ways.client


async def test_a_key_is_made_used_listed_and_deleted(client, people):
    # given
    person = await people.person()
    token = {"authorization": f"Bearer {person.tokens.access_token.value}"}

    # when
    made = (await client.post("/apikeys", json={"name": "By REST"}, headers=token)).json()

    # then
    key = {"x-api-key": made["apiKey"]}
    assert (await client.get("/users/me", headers=key)).json()["identity"]["id"] == person.user_id
    listed = (await client.get("/apikeys", params={"order_by": "name desc"}, headers=key)).json()
    assert [each["name"] for each in listed["keys"]] == ["By REST"]
    assert listed["keys"][0]["state"] == "API_KEY_STATE_ACTIVE"
    assert "apiKey" not in listed["keys"][0]
    assert (await client.delete(f"/apikeys/{made['key']['id']}", headers=key)).status_code == 200
    refused = await client.get("/users/me", headers=key)
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (401, "API_KEY_INVALID")


async def test_a_key_reaches_the_server_by_native_calls_too(ways, keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)

    assert await type(keys)(server, ways.channel).use(made.api_key) == person.user_id


async def test_a_key_counts_nowhere_but_in_its_header(client, keys):
    machine = await keys.machine()
    key = machine.api_key

    for asked in (
        client.get("/users/me", params={"x-api-key": key}),
        client.get("/users/me", params={"apikey": key}),
        client.get("/users/me", headers={"cookie": f"x-api-key={key}"}),
        client.get("/users/me", headers={"api-key": key}),
    ):
        answer = await asked
        assert answer.status_code in (400, 401)
        assert key not in answer.text
    for headers in ({"authorization": f"Bearer {key}"}, {"authorization": f"ApiKey {key}"}):
        refused = await client.get("/users/me", headers=headers)
        assert (refused.status_code, refused.json()["details"][0]["reason"]) == (401, "TOKEN_INVALID")
    refused = await client.get("/users/me", auth=("key", key))
    assert (refused.status_code, refused.json()["details"][0]["reason"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("text", ["tenantry_ключ", "\uff54\uff45nantry_", "tenantry_\u00e9"])
async def test_a_key_in_unicode_is_no_key(client, text):
    refused = await client.get("/users/me", headers={b"x-api-key": text.encode()})

    assert refused.status_code in (400, 401)


async def test_a_header_of_a_megabyte_is_refused_by_the_gateway(client, keys):
    refused = await client.get("/users/me", headers={"x-api-key": "tenantry_" + "x" * 1_000_000})

    assert refused.status_code == 431
    machine = await keys.machine()
    assert (await client.get("/users/me", headers=dict(shown(machine.api_key)))).status_code == 200


async def test_a_machine_is_registered_by_rest(client):
    answer = (await client.post("/machines/register", json={"name": "Loom"})).json()["machine"]

    found = await client.get("/users/me", headers={"x-api-key": answer["apiKey"]})
    assert found.json()["identity"]["id"] == answer["id"]
    assert answer["createdById"] == "user_00000000000000000000000000"
