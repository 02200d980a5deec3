"""
Sign in with an account elsewhere, such as Google's.

Run it against a server that knows the provider: ``python examples/single_sign_on.py PROVIDER [TARGET]``. Open the
address that it prints, sign in there, and paste the address at which the browser has ended.
"""

import asyncio
import sys
from collections.abc import Callable

from tenantry_client import SignOnFailed, Tenantry, Unauthenticated


async def main(provider: str, target: str, browse: Callable[[str], str]) -> None:
    """Send the browser there, and sign in with what it brings back."""
    async with Tenantry(target) as client:
        started = await client.start_single_sign_on(provider)
        address = browse(started.authorization_url)
        try:
            tokens = await client.finish_single_sign_on(started, address)
        except SignOnFailed as error:
            print(f"nobody is signed in: {error}")
            return
        except Unauthenticated as error:
            print(f"nobody is signed in: {error.reason}")  # SSO_AUTHENTICATION_FAILED
            return
        print(f"signed in {tokens.user_id}, session {tokens.session_id}")
        await client.sign_out()


def by_hand(authorization_url: str) -> str:
    """Let the person do it."""
    print(f"Open\n{authorization_url}", flush=True)
    return input("and paste the address at which you ended: ")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "http://localhost:8080", by_hand))
