"""
Forget a password and choose another one, by the mail that is sent.

Run it: ``TENANTRY_EMAIL=… python examples/password_reset.py [TARGET]``, against a development server, which shows its
mails. It prints the new password.
"""

import asyncio
import os
import re
import secrets
import sys

from tenantry.emails.v1.emails_service_pb2 import ListEmailsRequest
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    CompletePasswordResetRequest,
    InitiatePasswordResetRequest,
    VerifyPasswordResetRequest,
)

from tenantry_client import NotFound, Tenantry


async def main(target: str) -> None:
    """Ask for the mail, take the token out of it, and use it once."""
    email_address = os.environ["TENANTRY_EMAIL"]
    password = secrets.token_urlsafe(16)
    async with Tenantry(target) as client:
        # Succeeds whether or not somebody has this address: the mail tells, the answer does not.
        initiate = InitiatePasswordResetRequest(email_address=email_address)
        await client.password_credentials.InitiatePasswordReset(initiate)
        token = await token_of_mail(client, email_address)

        # When the page opens: is the link still good? It stays so.
        await client.password_credentials.VerifyPasswordReset(VerifyPasswordResetRequest(token=token))

        complete = CompletePasswordResetRequest(token=token, password=password)
        await client.password_credentials.CompletePasswordReset(complete)
        print(f"the new password is {password}")
        await client.sign_in(email_address, password)  # a reset signs nobody in, and all other sessions have ended

        try:
            await client.password_credentials.CompletePasswordReset(complete)
        except NotFound as error:
            print(f"not twice: {error.reason}")  # RESET_TOKEN_NOT_FOUND


async def token_of_mail(client: Tenantry, email_address: str) -> str:
    """Read the mail as the person does."""
    await client.emails.DeliverAllEmails()
    newest = ListEmailsRequest(tags=["credential"], order_by="created_at desc")
    mails = (await client.emails.ListEmails(newest)).emails
    body = next(mail.body for mail in mails if mail.to_email_address == email_address)
    found = re.search(r"#token=([A-Za-z0-9_-]{43})", body)
    assert found is not None
    return found[1]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
