"""
Exchange an API key for a new one, as a program should from time to time.

Run it: ``TENANTRY_API_KEY=… python examples/rotate_key.py [TARGET]``. It prints the new key, once.
"""

import asyncio
import datetime as dt
import os
import sys

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.api_keys.v1.api_keys_service_pb2 import CreateApiKeyRequest, DeleteApiKeyRequest

from tenantry_client import Tenantry, Unauthenticated


async def main(target: str) -> None:
    """Make the new one, see that it works, delete the old one."""
    old = os.environ["TENANTRY_API_KEY"]
    in_a_quarter = Timestamp()
    in_a_quarter.FromDatetime(dt.datetime.now(dt.UTC) + dt.timedelta(days=90))
    async with Tenantry(target, api_key=old) as client:
        created = await client.api_keys.CreateApiKey(CreateApiKeyRequest(name="Quarterly", expires_at=in_a_quarter))

    async with Tenantry(target, api_key=created.api_key) as client:
        keys = (await client.api_keys.ListApiKeys()).keys
        [replaced] = [key for key in keys if old.startswith(f"{key.key_prefix}_")]
        await client.api_keys.DeleteApiKey(DeleteApiKeyRequest(id=replaced.id))
        print(f"{created.api_key} takes the place of {replaced.key_prefix}…")

    async with Tenantry(target, api_key=old) as client:
        try:
            await client.identities.GetIdentity()
        except Unauthenticated as error:
            print(f"the old one: {error.reason}")  # API_KEY_INVALID


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
