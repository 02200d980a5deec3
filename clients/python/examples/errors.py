"""
Tell apart why a call is refused: by class, by reason, and by field.

Run it: ``python examples/errors.py [TARGET]``.
"""

import asyncio
import sys

from tenantry.password_credentials.v1.password_credentials_service_pb2 import RegisterPersonRequest

from tenantry_client import InvalidArgument, Tenantry, TenantryError, Unauthenticated, Unavailable


async def main(target: str) -> None:
    """Be refused in three ways."""
    async with Tenantry(target, timeout=5) as client:
        try:
            await client.sign_in("nobody@example.com", "not the password")
        except Unauthenticated as error:
            print(f"signing in: {error.reason}")  # INVALID_CREDENTIALS

        try:
            await client.password_credentials.RegisterPerson(RegisterPersonRequest(first_name=""))
        except InvalidArgument as error:
            for violation in error.field_violations:
                print(f"registering: {violation.field} {violation.reason}")

        try:
            await client.organizations.GetOrganization()
        except Unavailable:
            print("the server is away; the client has tried again already")
        except TenantryError as error:
            print(f"reading: {error.code.name} {error.reason}, request {error.request_id}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
