"""The OpenAPI documents are valid, usable by others, and say what the gateway does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tooling.contracts.contract import Contract
from tooling.contracts.openapi.document import public_document
from tooling.contracts.openapi.document import testing_document as development_document
from tooling.contracts.paths import OPENAPI

DOCUMENTS = ("public.json", "testing.json")


def document(name: str) -> dict[str, Any]:
    """A committed document."""
    read: dict[str, Any] = json.loads((OPENAPI / name).read_text())
    return read


def access_of(openapi: dict[str, Any]) -> list[dict[str, Any]]:
    """The access options of all its operations."""
    return [operation["x-tenantry-access"] for path in openapi["paths"].values() for operation in path.values()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_foreign_validator_accepts_it(name: str) -> None:
    assert list(OpenAPIV31SpecValidator(document(name)).iter_errors()) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_foreign_generator_makes_a_client_that_compiles_and_imports(name: str, tmp_path: Path) -> None:
    scripts = Path(sys.executable).parent
    client = tmp_path / "client"
    command = [str(scripts / "openapi-python-client"), "generate", "--path", str(OPENAPI / name), "--fail-on-warning"]
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([*command, "--output-path", str(client)], check=True, env=environment, capture_output=True)

    subprocess.run([sys.executable, "-m", "compileall", "-q", str(client)], check=True)
    package = next(client.glob("*/__init__.py")).parent
    modules = [path.relative_to(client).with_suffix("") for path in sorted(package.rglob("*.py"))]
    imports = "\n".join(f"import {'.'.join(module.parts).removesuffix('.__init__')}" for module in modules)
    subprocess.run([sys.executable, "-c", imports], cwd=client, check=True)
    assert len(modules) > len(document(name)["paths"])


def test_it_offers_just_what_the_public_gateway_does(contract: Contract) -> None:
    public, testing = document("public.json"), document("testing.json")
    for openapi in (public, testing):
        assert not [access for access in access_of(openapi) if access["caller"] == "CALLER_SERVICE"]
    assert not [access for access in access_of(public) if access.get("testingOnly")]
    assert [access for access in access_of(testing) if access.get("testingOnly")]
    routes = [route for operation in contract.operations if not operation.is_service_only for route in operation.routes]
    assert len(access_of(testing)) == len(routes)


def test_operations_have_names_of_their_own() -> None:
    names = [
        operation["operationId"] for path in document("testing.json")["paths"].values() for operation in path.values()
    ]
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def strange_document(strange: Contract) -> dict[str, Any]:
    """The document of the strange contract."""
    read: dict[str, Any] = json.loads(development_document(strange))
    return read


def schema(openapi: dict[str, Any], name: str) -> dict[str, Any]:
    """A schema of the document."""
    found: dict[str, Any] = openapi["components"]["schemas"][name]
    return found


def test_the_strange_contract_is_valid_too(strange_document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(strange_document).iter_errors()) == []


def test_only_what_has_a_rest_side_and_is_for_everybody_is_exported(strange: Contract) -> None:
    def names(made: bytes) -> list[str]:
        return [each["operationId"] for path in json.loads(made)["paths"].values() for each in path.values()]

    exported = {"DoAll", "DoAll_Patch", "DoAll_Put2", "Find", "Upload", "Download", "Download_Get2", "Watch"}
    assert set(names(public_document(strange))) == {f"StrangeService_{name}" for name in exported}
    assert set(names(development_document(strange))) == {f"StrangeService_{name}" for name in {*exported, "Test"}}


def test_paths_that_differ_in_names_only_are_one(strange_document: dict[str, Any]) -> None:
    path = strange_document["paths"]["/things/{thingId}"]

    assert set(path) == {"put", "patch", "get"}
    assert path["get"]["parameters"][0]["name"] == "thingId"


def test_a_path_fills_what_the_body_then_lacks(strange_document: dict[str, Any]) -> None:
    request = schema(strange_document, "strange.v1.DoAllRequest")

    assert "thingId" not in request["properties"]
    assert request["required"] == ["thing"]


def test_rules_become_keywords(strange_document: dict[str, Any]) -> None:
    fields = schema(strange_document, "strange.v1.DoAllRequest")["properties"]

    assert fields["addresses"]["minItems"] == 1
    assert fields["addresses"]["uniqueItems"] is True
    assert fields["addresses"]["items"] == {"type": "string", "format": "email"}
    assert fields["labels"]["maxProperties"] == 3
    assert fields["labels"]["additionalProperties"]["type"] == "string"
    assert (fields["share"]["exclusiveMinimum"], fields["share"]["maximum"]) == (0, 1)
    assert (fields["code"]["minLength"], fields["code"]["maxLength"]) == (6, 6)
    assert fields["colour"]["enum"] == ["red", "blue"]
    assert fields["size"]["type"] == "string"
    assert "minimum" not in fields["size"]
    assert fields["updateMask"]["type"] == "string"
    assert "At most one of left, right" in schema(strange_document, "strange.v1.DoAllRequest")["description"]


def test_an_answer_promises_what_is_always_printed_and_a_request_does_not(strange_document: dict[str, Any]) -> None:
    assert schema(strange_document, "strange.v1.Thing")["required"] == ["name", "parts", "digest"]
    assert "required" not in schema(strange_document, "strange.v1.Thing.Input")
    assert "required" not in schema(strange_document, "strange.v1.DoAllResponse")
    thing = schema(strange_document, "strange.v1.Thing")["properties"]
    assert thing["parts"]["items"] == {"$ref": "#/components/schemas/strange.v1.Thing"}
    assert thing["count"]["type"] == "string"
    assert thing["digest"]["contentEncoding"] == "base64"
    assert thing["lifetime"]["pattern"].endswith("s$")
    assert schema(strange_document, "strange.v1.Thing.Kind")["enum"] == ["KIND_UNSPECIFIED", "KIND_GOOD"]


def test_a_query_reaches_into_messages(strange_document: dict[str, Any]) -> None:
    parameters = strange_document["paths"]["/things/{thingId}"]["get"]["parameters"]
    query = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}

    assert set(query) == {"page.size", "kinds", "sinceAt"}
    assert query["page.size"] == {"type": "integer", "format": "int32", "minimum": 0}
    assert query["sinceAt"] == {"type": "string", "format": "date-time"}
    assert query["kinds"]["type"] == "array"


def test_bytes_and_streams_have_their_forms(strange_document: dict[str, Any]) -> None:
    paths = strange_document["paths"]
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}

    assert paths["/things/{id}/bytes"]["put"]["requestBody"]["content"] == binary
    assert [each["name"] for each in paths["/things/{id}/bytes"]["put"]["parameters"]] == ["id", "title"]
    assert paths["/files/{path}"]["get"]["responses"]["200"]["content"] == binary
    watched = paths["/things/watch"]["get"]["responses"]["200"]
    assert watched["description"].startswith("A stream, one JSON a line")
    assert watched["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/strange.v1.WatchResponse"}
    found = paths["/things/{thingId}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert found["type"] == "array"


def test_listed_errors_stand_under_their_status(strange_document: dict[str, Any]) -> None:
    responses = strange_document["paths"]["/things/{thingId}"]["put"]["responses"]

    assert set(responses) == {"200", "404", "409", "default"}
    assert responses["404"]["description"] == "- NOT_FOUND, THING_NOT_FOUND: there is no such thing, nowhere."
    assert responses["409"]["description"].count("\n") == 1
    reference = responses["default"]["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/google.rpc.Status"


def test_security_follows_the_access_option(strange_document: dict[str, Any]) -> None:
    paths = strange_document["paths"]

    assert paths["/things/{thingId}"]["put"]["security"] == [{"bearer": []}]
    assert paths["/things/{thingId}"]["get"]["security"] == []
    assert paths["/things/{id}/bytes"]["put"]["security"] == [{"bearer": []}, {"apiKey": []}]
    assert paths["/files"]["get"]["security"] == [{}, {"bearer": []}, {"apiKey": []}]
