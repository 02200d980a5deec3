"""One REST route of an RPC as an OpenAPI operation: parameters, body, answers, security."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from tenantry.access.v1 import types_pb2

from tooling.contracts.contract import HTTP_BODY, Contract, Operation
from tooling.contracts.http_rules import Route
from tooling.contracts.openapi.errors import error_responses
from tooling.contracts.openapi.fields import Field, find_field, is_message, is_repeated, is_required, type_name
from tooling.contracts.openapi.schemas import Schemas

Schema = dict[str, Any]

BEARER, API_KEY = "bearer", "apiKey"
_RAW = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_PRINTED_AS_TEXT = ("google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask")
_SECURITY: dict[int, list[dict[str, list[str]]]] = {
    types_pb2.CALLER_ANYONE: [{}, {BEARER: []}, {API_KEY: []}],
    types_pb2.CALLER_AUTHENTICATED: [{BEARER: []}, {API_KEY: []}],
    types_pb2.CALLER_OPERATOR: [{BEARER: []}, {API_KEY: []}],
    types_pb2.CALLER_SESSION: [{BEARER: []}],
}


def openapi_operation(operation: Operation, route: Route, contract: Contract, schemas: Schemas) -> Schema:
    """Return the operation that this route is."""
    description = operation.comment
    described: Schema = {
        "operationId": _operation_id(operation, route),
        "tags": [operation.service.rpartition(".")[2]],
        "summary": _first_sentence(description),
        "description": description,
        "security": [] if operation.access.ignores_credentials else _SECURITY[operation.access.caller],
        "x-tenantry-access": MessageToDict(operation.access),
    }
    if parameters := list(_parameters(operation, route, contract, schemas)):
        described["parameters"] = parameters
    if body := _body(operation, route, contract, schemas):
        described["requestBody"] = body
    described["responses"] = {"200": _answer(operation, route, contract, schemas), **error_responses(operation)}
    return described


def _operation_id(operation: Operation, route: Route) -> str:
    """Name the operation; additional routes add their verb, and, where that is not enough, their number."""
    name = f"{operation.service.rpartition('.')[2]}_{operation.method.name}"
    place = operation.routes.index(route)
    if place == 0:
        return name
    earlier = [other.verb for other in operation.routes[:place]].count(route.verb)
    return f"{name}_{route.verb.title()}" + (str(earlier + 1) if earlier else "")


def _parameters(operation: Operation, route: Route, contract: Contract, schemas: Schemas) -> Iterator[Schema]:
    request_name = operation.method.input_type.removeprefix(".")
    request = contract.messages[request_name]
    for path in route.variables:
        json_name, field = find_field(request, path, contract)
        schema = schemas.field(field, f"{request_name}.{path}", is_answer=False)
        yield {"name": json_name, "in": "path", "required": True, **_described(schema)}
    if route.body == "*":
        return
    taken = {*route.variables, route.body}
    yield from _query_parameters(request_name, (), taken, contract, schemas)


def _query_parameters(
    message: str, above: tuple[Field, ...], taken: set[str], contract: Contract, schemas: Schemas
) -> Iterator[Schema]:
    """Yield a parameter for each field that a query can hold; fields of messages as ``page.size``."""
    for field in contract.messages[message].field:
        way = (*above, field)
        if ".".join(each.name for each in way) in taken:
            continue
        if is_message(field) and type_name(field) not in _PRINTED_AS_TEXT:
            # Lists of messages have no place in a query, nor has a message that holds itself.
            if not is_repeated(field) and all(type_name(each) != type_name(field) for each in above):
                yield from _query_parameters(type_name(field), way, taken, contract, schemas)
            continue
        schema = schemas.field(field, f"{message}.{field.name}", is_answer=False)
        yield {
            "name": ".".join(each.json_name for each in way),
            "in": "query",
            "required": all(is_required(each) for each in way),
            **_described(schema),
        }


def _described(schema: Schema) -> Schema:
    """Move the description from the schema to the parameter, where readers look for it."""
    rest = {key: value for key, value in schema.items() if key != "description"}
    described: Schema = {"description": schema["description"]} if "description" in schema else {}
    return described | {"schema": rest}


def _body(operation: Operation, route: Route, contract: Contract, schemas: Schemas) -> Schema | None:
    if not route.body:
        return None
    request_name = operation.method.input_type.removeprefix(".")
    if route.body == "*":
        if request_name == HTTP_BODY:
            return {"required": True, "content": _RAW}
        bodies = {other.variables for other in operation.routes if other.body == "*"}
        if len(bodies) > 1:
            raise ValueError(f"The routes of {operation.path} fill different fields from their paths.")
        schema = schemas.request(request_name, frozenset(route.variables))
    else:
        _, field = find_field(contract.messages[request_name], route.body, contract)
        if is_message(field) and type_name(field) == HTTP_BODY:
            return {"required": True, "content": _RAW}
        schema = schemas.field(field, f"{request_name}.{route.body}", is_answer=False)
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(operation: Operation, route: Route, contract: Contract, schemas: Schemas) -> Schema:
    response_name = operation.method.output_type.removeprefix(".")
    description = contract.comments.get(response_name) or "The answer."
    if response_name == HTTP_BODY:
        return {"description": description, "content": _RAW}
    if route.response_body:
        _, field = find_field(contract.messages[response_name], route.response_body, contract)
        if is_message(field) and type_name(field) == HTTP_BODY:
            return {"description": description, "content": _RAW}
        schema = schemas.field(field, f"{response_name}.{route.response_body}", is_answer=True)
    else:
        schema = schemas.response(response_name)
    if operation.method.server_streaming:
        # The type is the one that gateways give such a stream, and no tool knows how to say it better.
        description = f"A stream, one JSON a line, each of this schema. {description}"
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _first_sentence(comment: str) -> str:
    sentence, _, _ = " ".join(comment.split("\n\n", maxsplit=1)[0].split()).partition(". ")
    return sentence.removesuffix(".")
