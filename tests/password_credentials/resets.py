"""What the tests of password resets share."""

import json
import re

from tenantry.password_credentials.v1 import password_credentials_service_pb2 as pb

from server.kernel import ids

NEW_PASSWORD = "eleven lanterns over water"
CREDENTIAL = "password_credentials.person_credential_"


async def mails_to(server, address):
    """The mails to an address, in the order of queueing."""
    return [json.loads(text) for text in await server.queued("emails", f'"ToEmailAddress":"{address}"')]


async def initiate(people, address, **fields):
    """Ask for a reset."""
    return await people.service.InitiatePasswordReset(pb.InitiatePasswordResetRequest(email_address=address, **fields))


async def resend(people, token, **fields):
    """Ask for one more mail."""
    return await people.service.ResendPasswordReset(pb.ResendPasswordResetRequest(token=token, **fields))


async def verify(people, token):
    """Ask whether a token is good."""
    return await people.service.VerifyPasswordReset(pb.VerifyPasswordResetRequest(token=token))


async def complete(people, token, password=NEW_PASSWORD):
    """Set a new password."""
    return await people.service.CompletePasswordReset(pb.CompletePasswordResetRequest(token=token, password=password))


async def reset_token(server, address):
    """The token of the latest mail to an address that has one."""
    for mail in reversed(await mails_to(server, address)):
        found = re.search(r"/confirm-password-reset#token=([A-Za-z0-9_-]{43})\"", mail["Html"]["Body"])
        if found:
            return found[1]
    raise AssertionError(f"no reset was mailed to {address}")


async def begin(people, server, person):
    """A reset of a person's password that is pending; its token."""
    await initiate(people, person.email_address)
    return await reset_token(server, person.email_address)


async def row_of(server, credential_id):
    """A stored credential."""
    sql = "SELECT * FROM password_credentials.person_credential WHERE id = $1"
    [row] = await server.rows(sql, ids.decode("cred", credential_id))
    return dict(row)
