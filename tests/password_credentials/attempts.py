"""What the tests of sign-ins share."""

import json

from tests.harness import refusal


async def fail(people, address, times):
    """Give a wrong password so many times."""
    for _ in range(times):
        assert (await refusal(people.sign_in(address, "wrong"))).reason == "INVALID_CREDENTIALS"


async def audits_of(server, user_id):
    """The codes of the audits against a user, in order."""
    return [json.loads(text)["AuditCode"] for text in await server.queued("audits", f'"AgainstId":"{user_id}"')]


def audit_code(what):
    """The code of an audit of sign-ins."""
    return f"Authentication.Password.{what}"
