"""A stand-in for Mailgun on loopback: takes mails as its HTTP API does."""

import base64
import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DOMAIN = "mg.tenantry.example"
API_KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
_numbers = itertools.count(1)


@dataclass
class Mailgun:
    """How it answers, and what came. A form holds the values of each field in their order."""

    status: int = 200
    waits_seconds: float = 0
    drops_connection: bool = False
    answer: str | None = None
    port: int = 0
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        """What a server must be told to use it."""
        return {
            "email_gateway": "mailgun",
            "mailgun_base_url": f"http://127.0.0.1:{self.port}/v3",
            "mailgun_domain_name": DOMAIN,
            "mailgun_api_key": API_KEY,
            "sender_email_address": "no-reply@tenantry.example",
        }

    def take(self, path: str, authorization: str, content_type: str, body: bytes) -> tuple[int, str, str]:
        """The status, the kind and the text of the answer to a request."""
        expected = base64.b64encode(f"api:{API_KEY}".encode()).decode()
        if authorization != f"Basic {expected}":
            return 401, "text/plain", "Forbidden"
        if path != f"/v3/{DOMAIN}/messages":
            return 404, "application/json", json.dumps({"message": "Domain not found"})
        if not content_type.startswith("multipart/form-data"):
            return 400, "application/json", json.dumps({"message": "not a form"})
        form = _form(content_type, body)
        if self.status != 200:
            return self.status, "application/json", json.dumps({"message": "Not now"})
        missing = [name for name in ("from", "to") if name not in form]
        if missing or not {"html", "text", "template"} & set(form):
            return 400, "application/json", json.dumps({"message": f"{missing} parameter is missing"})
        self.forms.append(form)
        given = form.get("h:Message-Id", [f"<{time.strftime('%Y%m%d%H%M%S')}.{next(_numbers)}@{DOMAIN}>"])
        said = json.dumps({"id": given[0], "message": "Queued. Thank you."})
        return 200, "application/json", said if self.answer is None else self.answer


@contextmanager
def serving(mailgun: Mailgun) -> Iterator[Mailgun]:
    """Let it listen on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["content-length"]))
            if mailgun.drops_connection:
                self.close_connection = True
                return
            time.sleep(mailgun.waits_seconds)
            headers = (self.headers.get("authorization", ""), self.headers.get("content-type", ""))
            status, kind, text = mailgun.take(self.path, *headers, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    mailgun.port = listener.server_address[1]
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mailgun
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def _form(content_type: str, body: bytes) -> dict[str, list[str]]:
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found: dict[str, list[str]] = defaultdict(list)
    for part in message.get_payload():
        assert not isinstance(part, str)
        name = part.get_param("name", header="content-disposition")
        assert part.get_filename() is None, "a field is no file"
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(name)].append(content.decode())
    return dict(found)
