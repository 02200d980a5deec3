"""The client with an API key, against the real server."""

import asyncio
import runpy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest, DeleteApiKeyRequest
from tenantry.machines.v1.machines_service_pb2 import RegisterMachineRequest

from tenantry_client import Tenantry, TenantrySync, Unauthenticated
from tests.harness import Running
from tests.signed_in import PASSWORD, People, Person, whole_server

_EXAMPLES = Path(__file__).resolve().parents[3] / "clients" / "python" / "examples"


@pytest_asyncio.fixture(scope="session")
async def real(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_client") as found:
        yield found


@pytest.fixture
def target(real: Running) -> str:
    return f"127.0.0.1:{real.port}"


@pytest.fixture
async def person(real: Running) -> Person:
    return await People(real).person()


async def test_a_person_makes_a_key_and_calls_with_it_until_it_is_gone(target: str, person: Person) -> None:
    async with Tenantry(target) as signed_in:
        await signed_in.sign_in(person.email_address, PASSWORD)
        made = await signed_in.api_keys.CreateApiKey(CreateApiKeyRequest(name="Scripts"))

        async with Tenantry(target, api_key=made.api_key) as client:
            assert (await client.identities.GetIdentity()).identity.id == person.user_id
            assert [key.name for key in (await client.api_keys.ListApiKeys()).keys] == ["Scripts"]

            await signed_in.api_keys.DeleteApiKey(DeleteApiKeyRequest(id=made.key.id))

            with pytest.raises(Unauthenticated) as refused:
                await client.identities.GetIdentity()
            assert refused.value.reason == "API_KEY_INVALID"


async def test_a_machine_calls_without_anybody_signing_in(target: str) -> None:
    async with Tenantry(target) as nobody:
        machine = (await nobody.machines.RegisterMachine(RegisterMachineRequest(name="Loom"))).machine

    def call() -> str:
        with TenantrySync(target, api_key=machine.api_key) as client:
            return str(client.identities.GetIdentity().identity.id)

    assert await asyncio.to_thread(call) == machine.id


async def test_a_client_with_a_key_cannot_sign_in(target: str, person: Person) -> None:
    async with Tenantry(target, api_key="tenantry_of_nobody") as client:
        with pytest.raises(ValueError, match="cannot sign in"):
            await client.sign_in(person.email_address, PASSWORD)


def test_a_key_is_not_shown(target: str) -> None:
    assert "tenantry_0" not in repr(vars(Tenantry(target, api_key="tenantry_0123")))


async def test_the_example_of_a_machine_runs(
    target: str, person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = runpy.run_path(str(_EXAMPLES / "machine.py"))
    monkeypatch.setenv("TENANTRY_EMAIL", person.email_address)
    monkeypatch.setenv("TENANTRY_PASSWORD", PASSWORD)

    await example["main"](target)

    assert "a member of 1 organizations" in capsys.readouterr().out
