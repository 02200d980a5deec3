"""What a REST caller meets at the gateway."""

from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Standing
from tests.gateway.echo_server import MISSING_CAR

CARS = "/tenantry.cars.v1.CarsService"
CAR = "car_01k9zzzzzzzzzzzzzzzzzzzzzz"


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
    answer = await standing.client.post("/cars", json={"make": "Honda", "year": 2020, "numberPlate": "ABC 1"})

    assert answer.status_code == 200
    assert answer.json()["car"]["manufacturer"] == {"make": "Honda", "model": "", "year": 2020}
    assert standing.server.last_call.path == f"{CARS}/RegisterCar"
    assert standing.server.last_call.request == {"make": "Honda", "year": 2020, "number_plate": "ABC 1"}


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
async def test_put_and_patch_reach_the_same_operation(standing: Standing, verb: str) -> None:
    answer = await standing.client.request(verb, f"/cars/{CAR}/offline", json={"startsAt": "2030-01-01T00:00:00Z"})

    assert answer.status_code == 200
    assert standing.server.last_call.path == f"{CARS}/TakeCarOffline"
    assert standing.server.last_call.request == {"id": CAR, "starts_at": "2030-01-01T00:00:00Z"}


@pytest.mark.parametrize("query", ["page_size=5&order_by=year+desc", "pageSize=5&orderBy=year%20desc"])
async def test_query_parameters_may_be_snake_case_or_camel_case(standing: Standing, query: str) -> None:
    answer = await standing.client.get(f"/cars?{query}&status=CAR_STATUS_REGISTERED")

    assert answer.status_code == 200
    assert standing.server.last_call.request == {
        "page_size": 5,
        "order_by": "year desc",
        "status": "CAR_STATUS_REGISTERED",
    }


async def test_a_literal_path_wins_over_a_template(standing: Standing) -> None:
    await standing.client.get("/cars/available")
    assert standing.server.last_call.path == f"{CARS}/ListAvailableCars"

    await standing.client.get("/cars/unavailable")
    assert standing.server.last_call.path == f"{CARS}/GetCar"


async def test_a_slash_at_the_end_changes_nothing(standing: Standing) -> None:
    assert (await standing.client.get("/cars/")).status_code == 200


async def test_well_known_keys_have_their_path(standing: Standing) -> None:
    assert (await standing.client.get("/.well-known/jwks.json")).status_code == 200
    assert standing.server.last_call.path == "/tenantry.auth_tokens.v1.AuthTokensService/GetJsonWebKeySet"


async def test_a_post_without_a_body_needs_no_content_type(standing: Standing) -> None:
    assert (await standing.client.post("/audits/drain")).status_code == 200


async def test_an_error_arrives_as_json_with_all_its_details(standing: Standing) -> None:
    answer = await standing.client.get(f"/cars/{MISSING_CAR}")

    assert answer.status_code == 404
    assert answer.json() == {
        "code": 5,
        "message": "There is no such car: Zoë's.",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "CAR_NOT_FOUND",
                "domain": "tenantry",
                "metadata": {"id": MISSING_CAR},
            },
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": "id", "description": "unknown", "reason": "CAR_NOT_FOUND"},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/"),
        ("DELETE", "/cars"),
        ("GET", "/cars/x/y"),
        ("PURGE", "/cars"),
        ("POST", "/tenantry.cars.v1.CarsService/ListCars"),
    ],
)
async def test_an_unknown_operation_is_not_found(standing: Standing, verb: str, path: str) -> None:
    answer = await standing.client.request(verb, path)

    assert answer.status_code == 404
    assert reason(answer) == "NO_SUCH_OPERATION"
    assert standing.server.calls == []


@pytest.mark.parametrize(
    "path",
    ["/cars?colour=red", "/cars?page_size=many", "/cars?status=CAR_STATUS_FLYING", "/cars/a%2Fb", "/cars?page_size=5;"],
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
        '{"year": "soon"}',
        '{"year": 1e40}',
        '{"make": 1}',
        '{"make": "\\ud800"}',
        '{"year": 2020} {"year": 2021}',
        "[" * 5000,
        b"\xff\xfe",
    ],
)
async def test_a_body_that_is_not_json_of_the_right_types_is_malformed(standing: Standing, body: str | bytes) -> None:
    answer = await standing.client.post("/cars", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert reason(answer) == "MALFORMED_REQUEST"
    assert standing.server.calls == []


async def test_a_body_of_more_than_a_mebibyte_is_too_large(standing: Standing) -> None:
    answer = await standing.client.post("/cars", json={"make": "H" * (1024 * 1024 + 1)})

    assert answer.status_code == 413
    assert reason(answer) == "REQUEST_TOO_LARGE"
    assert standing.server.calls == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_a_body_must_be_said_to_be_json(standing: Standing, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await standing.client.post("/cars", content='{"make": "Honda"}', headers=headers)

    assert answer.status_code == 415
    assert reason(answer) == "UNSUPPORTED_MEDIA_TYPE"
    assert standing.server.calls == []


async def test_json_may_have_a_charset(standing: Standing) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert (await standing.client.post("/cars", content="{}", headers=headers)).status_code == 200


async def test_a_body_where_none_belongs_is_not_forwarded(standing: Standing) -> None:
    answer = await standing.client.request("DELETE", f"/cars/{CAR}", json={"organizationId": "org_x"})

    assert answer.status_code == 200
    assert standing.server.last_call.request == {"id": CAR}


async def test_a_query_parameter_overrides_the_path_so_the_server_must_authorise_on_the_message(
    standing: Standing,
) -> None:
    await standing.client.get(f"/cars/{CAR}?id=car_another")

    assert standing.server.last_call.request == {"id": "car_another"}
