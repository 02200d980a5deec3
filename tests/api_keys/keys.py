"""Owners of API keys, and what they do with them."""

import json
import secrets
import zlib
from typing import Any

import grpc
import pytest
from tenantry.api_keys.v1.api_keys_service_pb2 import (
    CreateApiKeyRequest,
    CreateApiKeyResponse,
    DeleteApiKeyRequest,
    ListApiKeysRequest,
    ListApiKeysResponse,
    RevokeApiKeyRequest,
)
from tenantry.api_keys.v1.api_keys_service_pb2_grpc import ApiKeysServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.machines.v1.machine_pb2 import Machine
from tenantry.machines.v1.machines_service_pb2 import RegisterMachineRequest
from tenantry.machines.v1.machines_service_pb2_grpc import MachinesServiceStub

from server.kernel import ids
from server.subdomains.users.operators import add_operator
from tests.harness import Metadata, Running
from tests.signed_in import People


def shown(api_key: str) -> Metadata:
    """An API key as it is sent."""
    return (("x-api-key", api_key),)


def from_somewhere() -> Metadata:
    """An address that nobody has called from: what was refused there before is not counted."""
    return (("x-envoy-external-address", f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"),)


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def with_checksum(body: str) -> str:
    """A key of this body, with the checksum that the contract asks for."""
    number, digits = zlib.crc32(body.encode("ascii")), ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return body + digits.rjust(6, "0")


def new_key(key_id: str = "") -> str:
    """A well-formed key that nobody has made."""
    suffix = (key_id or ids.new_id("apikey")).removeprefix("apikey_")
    return with_checksum(f"tenantry_{suffix}_" + "".join(secrets.choice(_DIGITS) for _ in range(43)))


class Keys:
    """Makes keys, and uses them."""

    def __init__(self, server: Running, channel: grpc.aio.Channel | None = None) -> None:
        self._server = server
        self.service = ApiKeysServiceStub(channel or server.channel)
        self._identities = IdentitiesServiceStub(channel or server.channel)
        self._machines = MachinesServiceStub(channel or server.channel)

    async def machine(self, name: str = "Robot", metadata: Metadata = ()) -> Machine:
        """A machine, registered by whom the metadata say, or by nobody."""
        return (await self._machines.RegisterMachine(RegisterMachineRequest(name=name), metadata=metadata)).machine

    async def create(self, metadata: Metadata, **fields: Any) -> CreateApiKeyResponse:
        """A key of the caller."""
        return await self.service.CreateApiKey(CreateApiKeyRequest(**fields), metadata=metadata)

    async def listed(self, metadata: Metadata, **fields: Any) -> ListApiKeysResponse:
        """The keys of the caller."""
        return await self.service.ListApiKeys(ListApiKeysRequest(**fields), metadata=metadata)

    async def delete(self, metadata: Metadata, key_id: str) -> None:
        """Delete a key."""
        await self.service.DeleteApiKey(DeleteApiKeyRequest(id=key_id), metadata=metadata)

    async def revoke(self, metadata: Metadata, key_id: str) -> Any:
        """Revoke a key; the key as it is then."""
        return (await self.service.RevokeApiKey(RevokeApiKeyRequest(id=key_id), metadata=metadata)).key

    async def use(self, api_key: str, metadata: Metadata = ()) -> str:
        """Make a call that any signed-in caller may make; who the server thinks it is."""
        answer = await self._identities.GetIdentity(GetIdentityRequest(), metadata=(*shown(api_key), *metadata))
        return str(answer.identity.id)

    async def identity(self, metadata: Metadata) -> str:
        """The same, by any credential."""
        return str((await self._identities.GetIdentity(GetIdentityRequest(), metadata=metadata)).identity.id)

    async def operator(self) -> Metadata:
        """The credential of an operator."""
        person = await People(self._server).person()
        await self.make_operator(person.email_address)
        return person.metadata

    async def make_operator(self, email_address: str) -> None:
        """What the command line does, which finds the database by its setting."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("TENANTRY_DATABASE_URL", self._server.dsn)
            await add_operator(email_address)

    async def audits(self, code: str, user_id: str) -> list[dict[str, Any]]:
        """The audits of a code against somebody."""
        found = [json.loads(text) for text in await self._server.queued("audits", f'"AgainstId":"{user_id}"')]
        return [audit for audit in found if audit["AuditCode"] == code]

    async def only_key_of(self, user_id: str) -> str:
        """The id of the one key that a user has."""
        sql = "SELECT id FROM api_keys.api_key WHERE user_id = $1"
        [row] = await self._server.rows(sql, ids.decode("user", user_id))
        return ids.encode("apikey", row["id"])

    async def row(self, key_id: str) -> Any:
        """What the database holds of a key, or nothing."""
        rows = await self._server.rows("SELECT * FROM api_keys.api_key WHERE id = $1", ids.decode("apikey", key_id))
        return rows[0] if rows else None
