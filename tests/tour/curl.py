"""
Stands in for curl on a machine that has none, such as a slim container. It knows what the README uses.

``curl -s [-X METHOD] [-H HEADER]… [-d TEXT | -d @-] URL``
"""

import argparse
import sys

import httpx


def main() -> None:
    """Make one request and print the body of its answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body")
    parser.add_argument("url")
    given = parser.parse_args()
    body = sys.stdin.read() if given.body == "@-" else given.body
    headers = dict(header.split(": ", 1) for header in given.headers)
    method = given.method or ("GET" if body is None else "POST")
    sys.stdout.write(httpx.request(method, given.url, headers=headers, content=body, timeout=30).text)


if __name__ == "__main__":
    main()
