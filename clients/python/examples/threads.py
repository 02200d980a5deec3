"""
Share one client among threads, without asyncio. However many need new tokens at once, they are fetched once.

Run it: ``TENANTRY_EMAIL=… TENANTRY_PASSWORD=… python examples/threads.py [TARGET]``. For a machine give the client an
``api_key`` instead of signing in.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tenantry_client import TenantrySync


def main(target: str) -> None:
    """Ask the same of every thread."""
    with TenantrySync(target) as client:
        client.sign_in(os.environ["TENANTRY_EMAIL"], os.environ["TENANTRY_PASSWORD"])
        with ThreadPoolExecutor(8) as threads:
            answers = threads.map(lambda _: client.users.ListMembershipsForCaller(), range(8))
            print(f"eight times the same: {[answer.total_size for answer in answers]}")
        client.sign_out()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080")
