"""What a REST caller meets at the gateway."""

from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Standing
from tests.gateway.echo_server import MISSING

ORGANIZATION = "org_01k9zzzzzzzzzzzzzzzzzzzzzz"


def reason(answer: httpx.Response) -> str:
    """The reason of a JSON error, which every error must have."""
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    status: dict[str, Any] = answer.json()
    assert status["message"]
    info = status["details"][0]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert info["domain"] == "tenantry"
    found: str = info["reason"]
    return found


async def test_a_post_becomes_a_call_and_its_answer_camel_case_json(standing: Standing) -> None:
    body = {"name": "Acmé", "requestId": "4d0b7d0e-0000-4000-8000-000000000000"}
    answer = await standing.client.post("/organizations", json=body)

    assert answer.status_code == 200
    organization = answer.json()["organization"]
    assert organization["name"] == "Acmé"
    assert organization["createdById"] == ""
    assert standing.server.last_call.path == "/tenantry.organizations.v1.OrganizationsService/CreateOrganization"
    assert standing.server.last_call.request == {"name": "Acmé", "request_id": body["requestId"]}


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
async def test_put_and_patch_reach_the_same_operation(standing: Standing, verb: str) -> None:
    answer = await standing.client.request(verb, "/memberships/me/default", json={"organizationId": ORGANIZATION})

    assert answer.status_code == 200
    assert standing.server.last_call.path == "/tenantry.users.v1.UsersService/ChangeDefaultOrganization"
    assert standing.server.last_call.request == {"organization_id": ORGANIZATION}


@pytest.mark.parametrize("query", ["page_size=5&order_by=name+desc", "pageSize=5&orderBy=name%20desc"])
async def test_query_parameters_may_be_snake_case_or_camel_case(standing: Standing, query: str) -> None:
    answer = await standing.client.get(f"/memberships/me?{query}&ownership=ORGANIZATION_OWNERSHIP_SHARED")

    assert answer.status_code == 200
    assert standing.server.last_call.request == {
        "page_size": 5,
        "order_by": "name desc",
        "ownership": "ORGANIZATION_OWNERSHIP_SHARED",
    }


async def test_a_literal_path_wins_over_a_template(standing: Standing) -> None:
    await standing.client.get("/users/me")
    assert standing.server.last_call.path == "/tenantry.identities.v1.IdentitiesService/GetIdentity"

    await standing.client.get("/users/mee")
    assert standing.server.last_call.path == "/tenantry.users.v1.UsersService/GetUser"


async def test_a_slash_at_the_end_changes_nothing(standing: Standing) -> None:
    assert (await standing.client.get("/sessions/")).status_code == 200


async def test_well_known_keys_have_their_path(standing: Standing) -> None:
    assert (await standing.client.get("/.well-known/jwks.json")).status_code == 200
    assert standing.server.last_call.path == "/tenantry.auth_tokens.v1.AuthTokensService/GetJsonWebKeySet"


async def test_a_post_without_a_body_needs_no_content_type(standing: Standing) -> None:
    assert (await standing.client.post("/audits/drain")).status_code == 200


async def test_an_error_arrives_as_json_with_all_its_details(standing: Standing) -> None:
    answer = await standing.client.get(f"/organizations/{MISSING}")

    assert answer.status_code == 404
    assert answer.json() == {
        "code": 5,
        "message": "There is no such thing: Zoë's.",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "THING_NOT_FOUND",
                "domain": "tenantry",
                "metadata": {"id": MISSING},
            },
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": "id", "description": "unknown", "reason": "INVALID_ID"},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/"),
        ("DELETE", "/organizations"),
        ("GET", "/users/x/y"),
        ("PURGE", "/sessions"),
        ("POST", "/tenantry.auth_tokens.v1.AuthTokensService/ListSessions"),
    ],
)
async def test_an_unknown_operation_is_not_found(standing: Standing, verb: str, path: str) -> None:
    answer = await standing.client.request(verb, path)

    assert answer.status_code == 404
    assert reason(answer) == "NO_SUCH_OPERATION"
    assert standing.server.calls == []


@pytest.mark.parametrize(
    "path",
    [
        "/sessions?colour=red",
        "/sessions?page_size=many",
        "/sessions?page_size=5;",
        "/memberships/me?ownership=ORGANIZATION_OWNERSHIP_LENT",
        "/users/a%2Fb",
    ],
)
async def test_a_request_that_cannot_be_read_is_malformed(standing: Standing, path: str) -> None:
    answer = await standing.client.get(path)

    assert answer.status_code == 400
    assert reason(answer) == "MALFORMED_REQUEST"
    assert standing.server.calls == []


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '"text"',
        '{"termsAndConditionsAccepted": "soon"}',
        '{"firstName": 1}',
        '{"firstName": {}}',
        '{"firstName": "\\ud800"}',
        '{"firstName": "Ann"} {"firstName": "Bo"}',
        "[" * 5000,
        b"\xff\xfe",
    ],
)
async def test_a_body_that_is_not_json_of_the_right_types_is_malformed(standing: Standing, body: str | bytes) -> None:
    answer = await standing.client.post(
        "/credentials/register", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 400
    assert reason(answer) == "MALFORMED_REQUEST"
    assert standing.server.calls == []


async def test_a_body_of_more_than_a_mebibyte_is_too_large(standing: Standing) -> None:
    answer = await standing.client.post("/organizations", json={"name": "H" * (1024 * 1024 + 1)})

    assert answer.status_code == 413
    assert reason(answer) == "REQUEST_TOO_LARGE"
    assert standing.server.calls == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_a_body_must_be_said_to_be_json(standing: Standing, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await standing.client.post("/organizations", content='{"name": "Acme"}', headers=headers)

    assert answer.status_code == 415
    assert reason(answer) == "UNSUPPORTED_MEDIA_TYPE"
    assert standing.server.calls == []


async def test_json_may_have_a_charset(standing: Standing) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert (await standing.client.post("/organizations", content="{}", headers=headers)).status_code == 200


async def test_a_body_where_none_belongs_is_not_forwarded(standing: Standing) -> None:
    answer = await standing.client.request("DELETE", f"/sessions/{ORGANIZATION}", json={"id": "another"})

    assert answer.status_code == 200
    assert standing.server.last_call.request == {"id": ORGANIZATION}


async def test_a_query_parameter_overrides_the_path_so_the_server_must_authorise_on_the_message(
    standing: Standing,
) -> None:
    await standing.client.get(f"/organizations/{ORGANIZATION}?organization_id=another")

    assert standing.server.last_call.request == {"organization_id": "another"}
