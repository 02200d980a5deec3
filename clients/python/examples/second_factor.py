"""
Sign in with a second factor: an authenticator app the first time, a recovery code when the telephone is lost.

Run it against a development server: ``python examples/second_factor.py [TARGET]``. It signs somebody up as
``sign_up.py`` does, and plays the authenticator app as well.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import sys
import time

from sign_up import sign_up
from tenantry.mfa.v1.mfa_authenticator_pb2 import MFA_AUTHENTICATOR_TYPE_RECOVERY_CODES, MFA_AUTHENTICATOR_TYPE_TOTP
from tenantry.mfa.v1.mfa_service_pb2 import ChangeMfaRequest

from tenantry_client import MfaRequired, Tenantry


async def main(target: str) -> None:
    """Turn second factors on, associate one, and lose it."""
    email_address = f"ada.{secrets.token_hex(4)}@example.com"
    password = secrets.token_urlsafe(16)
    async with Tenantry(target) as client:
        await sign_up(client, email_address, password)
        await client.sign_in(email_address, password)
        await client.mfa.ChangeMfa(ChangeMfaRequest(is_enabled=True))
        await client.sign_out()

        try:
            await client.sign_in(email_address, password)
        except MfaRequired as required:
            recovery_codes = await associate(client, required)
        await client.sign_out()

        try:
            await client.sign_in(email_address, password)
        except MfaRequired as required:
            await recover(client, required, recovery_codes[0])
        await client.sign_out()


async def associate(client: Tenantry, required: MfaRequired) -> list[str]:
    """Associate an app, as everybody has to at the first sign-in. Keep the recovery codes: they come only now."""
    second_factor = client.second_factor(required)
    association = await second_factor.associate(MFA_AUTHENTICATOR_TYPE_TOTP)
    print(f"for the app: {association.bar_code_uri.partition('?')[0]}")
    tokens = await second_factor.confirm(association, shown_by_app(association.secret))
    print(f"signed in with the app, session {tokens.session_id}")
    return list(association.recovery_codes)


async def recover(client: Tenantry, required: MfaRequired, recovery_code: str) -> None:
    """Sign in without the app."""
    second_factor = client.second_factor(required)
    authenticators = await second_factor.authenticators()
    [codes] = [each for each in authenticators if each.type == MFA_AUTHENTICATOR_TYPE_RECOVERY_CODES]
    tokens = await second_factor.verify(codes, recovery_code)
    print(f"signed in with a recovery code, session {tokens.session_id}")


def shown_by_app(secret: str) -> str:
    """What the app shows just now (RFC 6238)."""
    counter = int(time.time() // 30).to_bytes(8)
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
