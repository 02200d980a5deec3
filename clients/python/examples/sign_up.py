"""
Sign up, sign in and work: the first minutes of a person on the platform.

Run it against a development server: ``python examples/sign_up.py [TARGET]``. It ends at the organizations; what an
organization does is up to the product (``cars.py`` shows the sample).
"""

import asyncio
import secrets
import sys

from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    ConfirmPersonRegistrationRequest,
    GetRegistrationConfirmationRequest,
    RegisterPersonRequest,
)

from tenantry_client import Tenantry


async def main(target: str) -> None:
    """Do it all once."""
    email_address = f"ada.{secrets.token_hex(4)}@example.com"
    password = secrets.token_urlsafe(16)
    async with Tenantry(target) as client:
        await sign_up(client, email_address, password)
        await client.sign_in(email_address, password)

        created = await client.organizations.CreateOrganization(CreateOrganizationRequest(name="Analytical Engines"))
        print(f"created {created.organization.name}, {created.organization.id}")
        listed = await client.users.ListMembershipsForCaller()
        for membership in listed.memberships:
            print(f"member of {membership.organization_id}{' (default)' if membership.is_default else ''}")

        await client.sign_out()


async def sign_up(client: Tenantry, email_address: str, password: str) -> None:
    """Register, and confirm with the token that the e-mail brings. Only a development server tells it here as well."""
    registered = await client.password_credentials.RegisterPerson(
        RegisterPersonRequest(
            first_name="Ada",
            last_name="Lovelace",
            email_address=email_address,
            password=password,
            terms_and_conditions_accepted=True,
        )
    )
    confirmation = await client.password_credentials.GetRegistrationConfirmation(
        GetRegistrationConfirmationRequest(user_id=registered.person.user.id)
    )
    await client.password_credentials.ConfirmPersonRegistration(
        ConfirmPersonRegistrationRequest(token=confirmation.token)
    )
    print(f"registered {email_address}, {registered.person.user.id}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
