"""
Let a machine call: register it, and give it a key of its own.

Run it: ``TENANTRY_EMAIL=… TENANTRY_PASSWORD=… python examples/machines.py [TARGET]``.
"""

import asyncio
import datetime as dt
import os
import sys

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest, DeleteApiKeyRequest
from tenantry.machines.v1.machines_service_pb2 import RegisterMachineRequest

from tenantry_client import Tenantry, Unauthenticated


async def main(target: str) -> None:
    """Register a machine, and let it exchange its key for a new one."""
    async with Tenantry(target) as person:
        await person.sign_in(os.environ["TENANTRY_EMAIL"], os.environ["TENANTRY_PASSWORD"])
        registered = (await person.machines.RegisterMachine(RegisterMachineRequest(name="Analytical engine"))).machine
        print(f"registered {registered.name}, {registered.id}")
        await person.sign_out()

    async with Tenantry(target, api_key=registered.api_key) as machine:
        identity = (await machine.identities.GetIdentity()).identity
        print(f"the machine is {identity.id}")

        in_a_month = Timestamp()
        in_a_month.FromDatetime(dt.datetime.now(dt.UTC) + dt.timedelta(days=30))
        created = await machine.api_keys.CreateApiKey(CreateApiKeyRequest(name="Next month", expires_at=in_a_month))
        [first] = [key for key in (await machine.api_keys.ListApiKeys()).keys if key.id != created.key.id]
        print(f"a new key {created.key.key_prefix}… for {first.key_prefix}…")

    async with Tenantry(target, api_key=created.api_key) as machine:
        await machine.api_keys.DeleteApiKey(DeleteApiKeyRequest(id=first.id))

    async with Tenantry(target, api_key=registered.api_key) as machine:
        try:
            await machine.identities.GetIdentity()
        except Unauthenticated as error:
            print(f"the first key: {error.reason}")  # API_KEY_INVALID


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
