"""What outside parties sign is handed on byte for byte, whatever it is, where an operation takes bytes."""

import base64

import httpx
import pytest

from tests.gateway.conftest import Standing
from tests.gateway.test_rest import reason

_PATH = "/webhooks/mailgun"
_BODIES = {
    "JSON as somebody wrote it": b' {"a" : 1,\r\n"a":2.50, "\\u00e9": "\xc3\xa9"}\n',
    "half of JSON": b'{"a":',
    "a form": b"To=%2B15005550006&Body=a+b&Body=",
    "no text": bytes(range(256)),
    "nothing": b"",
    "all but a mebibyte": b"x" * (1024 * 1024 - 1024),
}


def received(standing: Standing) -> tuple[str, bytes]:
    """The kind and the bytes that reached the server."""
    assert standing.server.last_call.path == "/tenantry.emails.v1.EmailsService/NotifyMailgunEvent"
    content = standing.server.last_call.request.get("content", {})
    return content.get("content_type", ""), base64.b64decode(content.get("data", ""))


async def post(standing: Standing, path: str, body: bytes, content_type: str) -> httpx.Response:
    return await standing.client.post(
        path, content=body, headers={"content-type": content_type} if content_type else {}
    )


@pytest.mark.parametrize("how", _BODIES)
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "application/octet-stream"]
)
async def test_a_body_arrives_as_it_was_sent(standing: Standing, how: str, content_type: str) -> None:
    answer = await post(standing, _PATH, _BODIES[how], content_type)

    assert (answer.status_code, answer.json()) == (200, {})
    assert received(standing) == (content_type, _BODIES[how])


async def test_a_body_that_is_not_said_to_be_anything_arrives_too(standing: Standing) -> None:
    assert (await post(standing, f"{_PATH}/", b"a=b", "")).status_code == 200
    assert received(standing) == ("", b"a=b")


async def test_the_headers_that_hold_a_signature_arrive(standing: Standing) -> None:
    headers = {"content-type": "text/plain", "X-Twilio-Signature": "c2lnbmVk", "stripe-signature": "t=1,v1=a"}

    await standing.client.post(_PATH, content=b"a", headers=headers)

    metadata = standing.server.last_call.metadata
    assert (metadata["x-twilio-signature"], metadata["stripe-signature"]) == ("c2lnbmVk", "t=1,v1=a")


async def test_a_body_of_more_than_a_mebibyte_is_too_large(standing: Standing) -> None:
    answer = await post(standing, _PATH, b"x" * (1024 * 1024 + 1), "application/octet-stream")

    assert (answer.status_code, reason(answer)) == (413, "REQUEST_TOO_LARGE")
    assert standing.server.calls == []


@pytest.mark.parametrize("path", ["/webhooks/nobody", f"{_PATH}/more", "/webhooks"])
async def test_no_other_path_takes_it(standing: Standing, path: str) -> None:
    answer = await post(standing, path, b"a=b", "application/x-www-form-urlencoded")

    assert answer.status_code == 415
    assert standing.server.calls == []
