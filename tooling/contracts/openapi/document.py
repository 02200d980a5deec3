"""The OpenAPI document as a whole."""

import json
import re
import tomllib
from collections.abc import Iterable
from typing import Any

from tooling.contracts.contract import Contract, Operation
from tooling.contracts.http_rules import Route
from tooling.contracts.openapi.errors import STATUS_SCHEMAS
from tooling.contracts.openapi.operations import API_KEY, BEARER, openapi_operation
from tooling.contracts.openapi.schemas import Schemas
from tooling.contracts.paths import ROOT

Schema = dict[str, Any]

_DESCRIPTION = """\
The REST side of Tenantry's gRPC services, made from their contracts by `make protos`.

- Query parameters may also be written as in the contracts: `page_size` for `pageSize`.
- Unknown query parameters are refused, unknown members of a body are ignored.
- Every error is a `google.rpc.Status` with a `google.rpc.ErrorInfo`.
- `x-request-id`: letters, digits, dots, underscores and dashes, at most 64 of them, are kept and come back with the \
answer; without it one is made."""
_SECURITY_SCHEMES = {
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of a person's session.",
    },
    API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "An API key of a person or a machine.",
    },
}
_PLACEHOLDER = re.compile(r"\{[^}]+\}")


def public_document(contract: Contract) -> bytes:
    """Return what a production build offers."""
    return _document(contract, [each for each in _reachable(contract) if not each.access.testing_only])


def testing_document(contract: Contract) -> bytes:
    """Return what a build with testing switched on offers."""
    return _document(contract, _reachable(contract))


def _reachable(contract: Contract) -> list[Operation]:
    """What is for our own services is out of reach at the public gateway, whatever the build."""
    return [operation for operation in contract.operations if operation.routes and not operation.is_service_only]


def _document(contract: Contract, operations: Iterable[Operation]) -> bytes:
    schemas = Schemas(contract)
    paths: dict[str, dict[str, Schema]] = {}
    tags: dict[str, Schema] = {}
    for operation in operations:
        tag = operation.service.rpartition(".")[2]
        tags[tag] = {"name": tag, "description": contract.comments.get(operation.service, "")}
        for route in operation.routes:
            described = openapi_operation(operation, route, contract, schemas)
            path = _path_of(described, route, paths)
            paths.setdefault(path, {})[route.verb.lower()] = described
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Tenantry", "version": _version(), "description": _DESCRIPTION},
        "servers": [{"url": "http://127.0.0.1:8080", "description": "What `make run` starts."}],
        "tags": list(tags.values()),
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted({**schemas.components, **STATUS_SCHEMAS}.items())),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _path_of(described: Schema, route: Route, paths: dict[str, dict[str, Schema]]) -> str:
    """
    Return the path with the JSON names of its fields.

    Paths that differ only in the names of their fields are one path to OpenAPI: the names that came first win.
    """
    parameters = [each for each in described.get("parameters", []) if each["in"] == "path"]
    names = iter(parameters)
    path = _PLACEHOLDER.sub(lambda _: f"{{{next(names)['name']}}}", route.plain_path)
    for known in paths:
        if _PLACEHOLDER.sub("{}", known) == _PLACEHOLDER.sub("{}", path):
            for parameter, name in zip(parameters, _PLACEHOLDER.findall(known), strict=True):
                parameter["name"] = name.strip("{}")
            return known
    return path


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version: str = project["version"]
    return version
