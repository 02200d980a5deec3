"""Links of mails lead to the configured address, whatever a request says its host is."""

import json

import pytest

from tests.signed_in import PASSWORD, new_address

_FORGED = [
    {"host": "evil.example"},
    {"x-forwarded-host": "evil.example"},
    {"forwarded": "host=evil.example;proto=http"},
    {"x-forwarded-proto": "gopher", "x-forwarded-port": "666", "x-original-url": "https://evil.example/"},
    {"origin": "https://evil.example", "referer": "https://evil.example/"},
]


@pytest.mark.parametrize("headers", _FORGED, ids=lambda headers: next(iter(headers)))
async def test_a_forged_host_is_in_no_mail(ways, server, headers):
    address = new_address()
    body = {
        "firstName": "Ana",
        "lastName": "Silva",
        "emailAddress": address,
        "password": PASSWORD,
        "termsAndConditionsAccepted": True,
    }

    answer = await ways.client.post("/credentials/register", json=body, headers=headers)

    assert answer.status_code == 200, answer.text
    [mail] = [json.loads(text) for text in await server.queued("emails", f'"ToEmailAddress":"{address}"')]
    assert "evil.example" not in json.dumps(mail)
    assert 'href="http://localhost:8080/confirm-password-registration#token=' in mail["Html"]["Body"]
