"""
The parts of the gateway's configuration that follow from the contracts: which services it transcodes, which calls it
answers with 404, which stream their answers, and which take a body that need not be JSON.

They stand in ``envoy.yaml`` between its marks, where they are read in their context. Production's configuration is a
copy of it with other parts: there, what is for testing only does not exist.
"""

import re
from collections.abc import Iterator, Sequence

from tooling.contracts.contract import Contract, Operation
from tooling.contracts.http_rules import Route

_BLOCK = re.compile(
    r"(?P<begin>^(?P<indent> *)# generated: begin (?P<name>\w+)\n)(?:.*?\n)??(?P<end>^ *# generated: end$)",
    re.MULTILINE | re.DOTALL,
)
_PRODUCTION_HEADER = (
    "# Production's gateway. Made from envoy.yaml and the contracts by `make protos`. Not to be edited.\n"
)
_ONE_YEAR = 31536000
_NEVER = "^$"  # no path is empty

_Parts = dict[str, list[str]]


def development_config(envoy_yaml: str, contract: Contract) -> str:
    """Return ``envoy.yaml`` with its generated parts written anew."""
    closed = [operation for operation in contract.operations if operation.is_service_only]
    parts: _Parts = {
        "headers": [],
        "services": list(_services("testing", contract.operations)),
        "routes": list(_routes(closed, contract)),
        "streams": [_streams(contract.operations)],
    }
    return _with_parts(envoy_yaml, parts)


def production_config(envoy_yaml: str, contract: Contract) -> str:
    """Return the same for a build without the RPCs that are for testing only."""
    closed = [
        operation for operation in contract.operations if operation.is_service_only or operation.access.testing_only
    ]
    existing = [operation for operation in contract.operations if not operation.access.testing_only]
    parts: _Parts = {
        "headers": list(_transport_security()),
        "services": list(_services("public", existing)),
        "routes": list(_routes(closed, contract)),
        "streams": [_streams(existing)],
    }
    # The introduction tells how to edit and start the other one.
    _, mark, config = envoy_yaml.partition("\nadmin:\n")
    return _PRODUCTION_HEADER + _with_parts(f"{mark}{config}", parts)


def _with_parts(envoy_yaml: str, parts: _Parts) -> str:
    def replaced(block: re.Match[str]) -> str:
        lines = (f"{block['indent']}{line}\n" for line in parts[block["name"]])
        return f"{block['begin']}{''.join(lines)}{block['end']}"

    return _BLOCK.sub(replaced, envoy_yaml)


def _transport_security() -> Iterator[str]:
    yield "- append:"
    yield f"    header: {{key: strict-transport-security, value: max-age={_ONE_YEAR}}}"
    yield "    append_action: OVERWRITE_IF_EXISTS_OR_ADD"


def _services(descriptor_set: str, operations: Sequence[Operation]) -> Iterator[str]:
    yield f"proto_descriptor: generated/descriptors/{descriptor_set}.binpb"
    yield "services:"
    for service in dict.fromkeys(operation.service for operation in operations):
        yield f"  - {service}"


def _streams(operations: Sequence[Operation]) -> str:
    paths = [re.escape(operation.path) for operation in operations if operation.method.server_streaming]
    return f"safe_regex: {{regex: '{'|'.join(paths) or _NEVER}'}}"


def _routes(closed: Sequence[Operation], contract: Contract) -> Iterator[str]:
    open_ = [operation for operation in contract.operations if operation not in closed]
    for operation in closed:
        yield f"- match: {{path: {operation.path}}}"
        yield "  direct_response: *not_found"
        for route in operation.routes:
            for hidden in _hidden_by(route, open_):
                yield f"- match: {_match(hidden)}"
                # Routes are chosen again after transcoding; it only has to be one that leads on.
                yield "  route: {cluster: server}"
            yield f"- match: {_match(route)}"
            yield "  direct_response: *not_found"
    for operation in open_:
        for route in operation.routes:
            if contract.takes_bytes(operation, route):
                yield f"- match: {_match(route)}"
                yield "  metadata: {filter_metadata: {envoy.filters.http.lua: {takes_any_body: true}}}"
                yield "  route: {cluster: server}"


def _hidden_by(closed: Route, open_: Sequence[Operation]) -> Iterator[Route]:
    """Yield the open routes that the template of a closed one would catch, such as /users/me in /users/{id}."""
    for operation in open_:
        for route in operation.routes:
            if route.verb == closed.verb and re.fullmatch(closed.pattern, route.sample):
                if re.fullmatch(route.pattern, closed.sample):
                    raise ValueError(f"{route.verb} {route.path} is open, and closed as {closed.path}.")
                yield route


def _match(route: Route) -> str:
    method = f"{{name: ':method', string_match: {{exact: {route.verb}}}}}"
    return f"{{safe_regex: {{regex: '{route.pattern}'}}, headers: [{method}]}}"
