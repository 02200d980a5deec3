"""
Write ``tenantry_client.services`` from the contracts: one module a service, with one method an RPC.

Run it from the repository's root after a change of the contracts: ``python clients/python/generate.py``, with the root
and ``generated`` on the path, as ``make protos`` does.
"""

import re
import shutil
import textwrap
from collections import defaultdict
from pathlib import Path

from google.api.field_behavior_pb2 import REQUIRED, field_behavior
from google.protobuf.descriptor_pb2 import DescriptorProto, MethodOptions

from tooling.contracts.contract import Contract, Operation
from tooling.contracts.derive import compiled_contracts

SERVICES = Path(__file__).parent / "src" / "tenantry_client" / "services"
_LINE_LENGTH = 120
_MADE = "Made from the contracts by ``generate.py``. Not to be edited."


def main() -> None:
    """Write all modules anew."""
    contract = Contract.of(compiled_contracts())
    by_service: dict[str, list[Operation]] = defaultdict(list)
    for operation in contract.operations:
        if not operation.method.client_streaming and not operation.method.server_streaming:
            by_service[operation.service].append(operation)
    shutil.rmtree(SERVICES, ignore_errors=True)
    SERVICES.mkdir(parents=True)
    for service, operations in by_service.items():
        text = service_module(contract, service, operations)
        (SERVICES / f"{attribute_of(service)}.py").write_text(text)
    (SERVICES / "__init__.py").write_text(services_package(sorted(by_service)))


def service_module(contract: Contract, service: str, operations: list[Operation]) -> str:
    """Return the module of one service."""
    name = service.rsplit(".", 1)[-1]
    stub = f"{snake_case(name)}_pb2"
    lines = [
        f'"""{name}. {_MADE}"""',
        "",
        f"from {service.rsplit('.', 1)[0]} import {stub} as pb",
        "",
        "from tenantry_client.methods import Call, CallSync, Method",
        "",
    ]
    for operation in operations:
        lines += method_constant(operation)
    for suffix, call, keyword, wait in (("", "Call", "async def", "await "), ("Sync", "CallSync", "def", "")):
        lines += ["", "", f"class {name}{suffix}:", *docstring(contract.comments[service], "    "), ""]
        lines += [f"    def __init__(self, call: {call}) -> None:", "        self._call = call"]
        for operation in operations:
            lines += ["", *rpc_method(contract, operation, keyword, wait)]
    return "\n".join(lines) + "\n"


def method_constant(operation: Operation) -> list[str]:
    """Return what the client knows about an RPC."""
    is_read = operation.method.options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    return [
        f"{snake_case(operation.method.name).upper()} = Method(",
        f'    "{operation.path}",',
        f"    pb.{short(operation.method.input_type)},",
        f"    pb.{short(operation.method.output_type)},",
        f"    is_read={is_read},",
        f"    takes_request_id={operation.access.idempotency != 0},",
        f"    shows_credential={not operation.access.ignores_credentials},",
        ")",
    ]


def rpc_method(contract: Contract, operation: Operation, keyword: str, wait: str) -> list[str]:
    """Return the method that calls an RPC. Without required fields there need not be a request."""
    request = f"pb.{short(operation.method.input_type)}"
    if not has_required_field(contract.messages[operation.method.input_type.lstrip(".")]):
        request += " | None = None"
    name = operation.method.name
    parameters = f"self, request: {request}, *, timeout: float | None = None"
    head = f"    {keyword} {name}("
    tail = f") -> pb.{short(operation.method.output_type)}:"
    fits = len(head) + len(parameters) + len(tail) <= _LINE_LENGTH
    return [
        *([f"{head}{parameters}{tail}"] if fits else [head, f"        {parameters}", f"    {tail}"]),
        *docstring(operation.comment, "        "),
        f"        return {wait}self._call({snake_case(name).upper()}, request, timeout=timeout)",
    ]


def services_package(services: list[str]) -> str:
    """Return the package's own module: an attribute a service."""
    lines = [f'"""Every service as an attribute. {_MADE}"""', "", "from tenantry_client.methods import Call, CallSync"]
    names = {attribute_of(service): service.rsplit(".", 1)[-1] for service in services}
    lines += [
        f"from tenantry_client.services.{attribute} import {name}, {name}Sync" for attribute, name in names.items()
    ]
    for suffix, call in (("", "Call"), ("Sync", "CallSync")):
        lines += ["", "", f"class Services{suffix}:", '    """All services over one connection."""', ""]
        lines += [f"    def __init__(self, call: {call}) -> None:"]
        lines += [f"        self.{attribute} = {name}{suffix}(call)" for attribute, name in names.items()]
    return "\n".join(lines) + "\n"


def has_required_field(message: DescriptorProto) -> bool:
    """Whether an empty request makes no sense."""
    return any(REQUIRED in field.options.Extensions[field_behavior] for field in message.field)


def docstring(comment: str, indent: str) -> list[str]:
    """Return a comment of the contracts as a docstring, wrapped anew: it stands further in here."""
    blocks: list[str] = []
    for line in comment.splitlines():
        starts_block = not blocks or not line.strip() or not blocks[-1] or line.startswith("- ")
        if starts_block:
            blocks.append(line.strip())
        else:
            blocks[-1] += f" {line.strip()}"
    lines: list[str] = []
    for block in blocks:
        hanging = "  " if block.startswith("- ") else ""
        lines += textwrap.wrap(block, _LINE_LENGTH - len(indent), subsequent_indent=hanging) or [""]
    if len(lines) == 1 and len(lines[0]) + 6 <= _LINE_LENGTH - len(indent):
        return [f'{indent}"""{lines[0]}"""']
    return [f'{indent}"""', *(f"{indent}{line}".rstrip() for line in lines), f'{indent}"""']


def attribute_of(service: str) -> str:
    """Return ``cars`` of ``tenantry.cars.v1.CarsService``."""
    return service.split(".")[1]


def short(type_name: str) -> str:
    """Return a type's name without its package."""
    return type_name.rsplit(".", 1)[-1]


def snake_case(name: str) -> str:
    """Return ``cars_service`` of ``CarsService``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


if __name__ == "__main__":
    main()
