"""
Register a machine and let it call with its API key.

Run it: ``TENANTRY_EMAIL=… TENANTRY_PASSWORD=… python examples/machine.py [TARGET]``. Whoever registers a machine
vouches for it: it joins the shared organization that is the default one of its owner.
"""

import asyncio
import os
import sys

from tenantry.machines.v1.machines_service_pb2 import RegisterMachineRequest

from tenantry_client import Tenantry


async def main(target: str) -> None:
    """A person registers it; from then on it needs nobody."""
    async with Tenantry(target) as person:
        await person.sign_in(os.environ["TENANTRY_EMAIL"], os.environ["TENANTRY_PASSWORD"])
        machine = (await person.machines.RegisterMachine(RegisterMachineRequest(name="Nightly builds"))).machine
        await person.sign_out()
    # The key is shown this once: keep it where you keep secrets.
    async with Tenantry(target, api_key=machine.api_key) as client:
        memberships = (await client.users.ListMembershipsForCaller()).memberships
        print(f"{machine.name} is {machine.id}, a member of {len(memberships)} organizations")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
