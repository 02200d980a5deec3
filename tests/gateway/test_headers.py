"""What the gateway adds, keeps and takes away."""

import json
import re
from pathlib import Path

import pytest

from tests.gateway.conftest import Standing, call_natively, standing_gateway
from tests.gateway.echo_server import MISSING

GET_IDENTITY = "/tenantry.identities.v1.IdentitiesService/GetIdentity"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.mark.parametrize(
    "path", ["/sessions", f"/organizations/{MISSING}", "/nowhere", "/sessions?colour=red", "/healthz"]
)
async def test_every_answer_has_a_request_id_and_may_not_be_sniffed(standing: Standing, path: str) -> None:
    answer = await standing.client.get(path)

    assert UUID.fullmatch(answer.headers["x-request-id"])
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_plain_request_id_of_the_caller_is_kept(standing: Standing) -> None:
    for path in ("/sessions", "/nowhere"):
        answer = await standing.client.get(path, headers={"x-request-id": "order-66.b_1"})
        assert answer.headers["x-request-id"] == "order-66.b_1"

    assert standing.server.last_call.metadata["x-request-id"] == "order-66.b_1"


@pytest.mark.parametrize("sent", ["a b", "x" * 65, "<script>", "-", "", "ünï"])
async def test_any_other_request_id_is_replaced(standing: Standing, sent: str) -> None:
    answer = await standing.client.get("/sessions", headers={b"x-request-id": sent.encode()})

    assert UUID.fullmatch(answer.headers["x-request-id"])
    assert standing.server.last_call.metadata["x-request-id"] == answer.headers["x-request-id"]


async def test_what_only_the_gateway_may_say_cannot_be_claimed(standing: Standing) -> None:
    claims = {
        "x-tenantry-channel": "website",
        "x-client-request-id": "mine",
        "x-envoy-original-path": "/elsewhere",
        "x-envoy-original-method": "GET",
        "x-envoy-external-address": "203.0.113.9",
        "x-envoy-internal": "true",
        "x-envoy-retry-on": "5xx",
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-host": "evil.example",
        "x-forwarded-client-cert": "By=me",
        "forwarded": "for=203.0.113.9",
    }
    for channel_call in (False, True):
        if channel_call:
            await call_natively(standing.channel, GET_IDENTITY, claims)
        else:
            assert (await standing.client.get("/users/me", headers=claims)).status_code == 200

        metadata = standing.server.last_call.metadata
        assert metadata["x-envoy-external-address"] == "127.0.0.1"
        assert metadata.get("x-envoy-original-path") == (None if channel_call else "/users/me")
        assert "203.0.113.9" not in " ".join(metadata.values())
        for name in ("x-tenantry-channel", "x-client-request-id", "x-envoy-internal", "x-envoy-retry-on", "forwarded"):
            assert name not in metadata
        assert "evil.example" not in metadata.values()
        assert "By=me" not in metadata.values()


async def test_credentials_and_the_second_factor_reach_the_server(standing: Standing) -> None:
    headers = {"authorization": "Bearer a.b.c", "x-api-key": "key", "x-mfa-token": "mfa"}
    await standing.client.get("/sessions", headers=headers)

    assert headers.items() <= standing.server.last_call.metadata.items()


async def test_nothing_of_grpc_or_envoy_is_left_in_a_json_answer(standing: Standing) -> None:
    for path in ("/sessions", f"/organizations/{MISSING}", "/nowhere"):
        answer = await standing.client.get(path)
        assert not [name for name in answer.headers if name.startswith(("grpc-", "x-envoy-")) or name == "server"]


async def test_only_production_asks_for_transport_security(standing: Standing, production: Standing) -> None:
    name = "strict-transport-security"
    assert name not in (await standing.client.get("/sessions")).headers
    assert (await production.client.get("/sessions")).headers[name] == "max-age=31536000"


async def test_the_log_of_calls_holds_no_query_and_no_credential(
    socket_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = socket_folder / "logged"
    folder.mkdir()
    headers = {"authorization": "Bearer canary-1", "x-mfa-token": "canary-2", "x-request-id": "logged-1"}
    async with standing_gateway(folder, "development") as standing:
        await standing.client.get("/sessions?provider=canary-3", headers={**headers, "cookie": "c=canary-4"})
        await standing.client.get("/nowhere?token=canary-5", headers=headers)
        credentials = {"authorization": "Bearer canary-6", "x-request-id": "logged-2"}
        await call_natively(standing.channel, GET_IDENTITY, credentials)

    entries = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(entry["request_id"], entry["path"], entry["status"]) for entry in entries] == [
        ("logged-1", "/sessions", 200),
        ("logged-1", "/nowhere", 404),
        ("logged-2", "/tenantry.identities.v1.IdentitiesService/GetIdentity", 200),
    ]
    assert entries[0]["rpc"] == "/tenantry.auth_tokens.v1.AuthTokensService/ListSessions"
    assert "canary" not in json.dumps(entries)
