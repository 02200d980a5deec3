"""What is stored of second factors is good for nothing to whoever reads it."""

import base64
import uuid

from tenantry.mfa.v1.mfa_service_pb2 import AssociateMfaAuthenticatorRequest

from server.kernel import ids
from server.kernel.security.secrets import digest
from tests.everything.rows import contents
from tests.harness import refusal
from tests.mfa.factors import EMAIL, PHONE, RECOVERY, SMS, TOTP

OUTSIDE = ("emails.captured_mail", "sms.captured_sms")
# What waits to be sent must hold what is sent: it is sensitive, and erased once it is sent. Numbers and addresses stand
# with messages and profiles, too.
WAITING = ("kernel.delivery",)


def forms(secret):
    """How a secret might stand in a row."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    found = [raw.hex(), base64.b64encode(raw).decode().rstrip("=")]
    return found if isinstance(secret, bytes) else [secret, *found]


async def test_no_secret_stands_in_a_table(factors, server):
    # given
    enrolled = await factors.enrolled(TOTP, SMS, EMAIL)
    # An answer that may be asked for again is kept.
    other = await factors.person()
    request = AssociateMfaAuthenticatorRequest(authenticator_type=TOTP, request_id=str(uuid.uuid4()))
    kept = (await factors.service.AssociateMfaAuthenticator(request, metadata=other.metadata)).authenticator
    token = await factors.token(enrolled.person)
    challenge = await factors.challenge(token, await factors.id_of(enrolled.person, SMS))
    code = await factors.sent_code(enrolled.person, SMS)
    secret = base64.b32decode(enrolled.secret)
    used = enrolled.recovery_codes[0]
    tokens = await factors.verify(RECOVERY, used, await factors.token(enrolled.person))

    # when
    tables = {
        name: "\n".join(rows) for name, rows in (await contents(server)).items() if name not in (*OUTSIDE, *WAITING)
    }

    # then
    secrets = [token, secret, enrolled.secret, challenge.oob_code, tokens.refresh_token.value]
    secrets += [enrolled.handed_out[kind].oob_code for kind in (SMS, EMAIL)]
    secrets += [kept.secret, *kept.recovery_codes]
    secrets += [*enrolled.recovery_codes, *(each.replace("-", "") for each in enrolled.recovery_codes)]
    assert [
        (name, form) for name, text in tables.items() for secret in secrets for form in forms(secret) if form in text
    ] == []
    assert code not in tables["mfa.authenticator"]
    assert PHONE not in tables["mfa.authenticator"]
    assert enrolled.person.email_address not in tables["mfa.authenticator"]
    assert digest(challenge.oob_code).hex() in tables["mfa.authenticator"], "or nothing was looked at"


async def test_what_is_sealed_for_one_authenticator_does_not_open_for_another(factors, server):
    """Whoever can write to the table cannot give one person the app of another."""
    victim, thief = await factors.enrolled(), await factors.enrolled()
    copy = """
        UPDATE mfa.authenticator SET sealed_totp_secret = (
            SELECT sealed_totp_secret FROM mfa.authenticator WHERE credential_id = $1 AND type = 'totp'
        ) WHERE credential_id = $2 AND type = 'totp'
    """
    people = [ids.decode("cred", each.person.credential_id) for each in (thief, victim)]
    await server.rows(copy, *people)
    token = await factors.token(victim.person)

    refused = await refusal(factors.verify(TOTP, factors.app_code(thief.secret), token))

    assert refused.reason == "INTERNAL", "nobody expects that: it is an incident"
