"""
Stands in for oathtool on a machine that has none. It knows what the pages use.

``oathtool --totp --base32 SECRET``
"""

import argparse
import base64
import hashlib
import hmac
import sys
import time


def main() -> None:
    """Print the code of this moment (RFC 6238)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--totp", action="store_true", required=True)
    parser.add_argument("--base32", "-b", action="store_true", required=True)
    parser.add_argument("secret")
    secret = base64.b32decode(parser.parse_args().secret)
    digest = hmac.digest(secret, int(time.time() // 30).to_bytes(8), hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    sys.stdout.write(f"{number % 1_000_000:06}\n")


if __name__ == "__main__":
    main()
