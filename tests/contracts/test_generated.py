"""What is made from the contracts is complete, fresh, and made the same way every time."""

import shutil
import subprocess
import sys
from pathlib import Path

from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tooling.contracts.contract import Contract
from tooling.contracts.paths import ACCESS_TABLE, DESCRIPTORS, ENVOY_CONFIG, GENERATED, PROTOS, ROOT

SOURCES = ("protos", "tooling", "clients", "envoy.yaml", "pyproject.toml")
MADE = ("generated", "docs/access.md", "envoy.yaml", "protos", "clients/python/src/tenantry_client/services")


def names(name: str) -> set[str]:
    """The paths of the operations of a descriptor set."""
    descriptors = FileDescriptorSet.FromString((DESCRIPTORS / name).read_bytes())
    return {operation.path for operation in Contract.of(descriptors).operations}


def files(root: Path) -> dict[str, bytes]:
    """All files that are made, by path."""
    found: dict[str, bytes] = {}
    for name in MADE:
        paths = [root / name] if (root / name).is_file() else (root / name).rglob("*")
        for path in paths:
            if path.is_file() and "__pycache__" not in path.parts:
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


def test_everything_is_made_anew_from_nothing_and_is_what_is_committed(tmp_path: Path) -> None:
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    for foreign in ("google", "buf"):
        shutil.rmtree(tmp_path / "protos" / foreign)

    command = [sys.executable, "-m", "tooling.contracts.generate"]
    subprocess.run(command, cwd=tmp_path, check=True, env={"PYTHONDONTWRITEBYTECODE": "1"})

    made, committed = files(tmp_path), files(ROOT)
    assert sorted(made) == sorted(committed)
    assert [name for name in made if made[name] != committed[name]] == []


def test_production_knows_no_operation_that_is_for_testing(contract: Contract) -> None:
    testing_only = {operation.path for operation in contract.operations if operation.access.testing_only}

    assert testing_only
    assert names("testing.binpb") == {operation.path for operation in contract.operations}
    assert names("public.binpb") == names("testing.binpb") - testing_only


def test_both_descriptor_sets_are_whole_and_know_the_details_of_errors() -> None:
    for name in ("public.binpb", "testing.binpb"):
        pool = descriptor_pool.DescriptorPool()
        for file in FileDescriptorSet.FromString((DESCRIPTORS / name).read_bytes()).file:
            pool.Add(file)
        for detail in ("Status", "ErrorInfo", "BadRequest", "RetryInfo", "PreconditionFailure"):
            assert pool.FindMessageTypeByName(f"google.rpc.{detail}")


def test_the_access_table_has_a_row_for_every_operation(contract: Contract) -> None:
    page = ACCESS_TABLE.read_text()
    for operation in contract.operations:
        assert f"| {operation.method.name} | " in page
        for route in operation.routes:
            assert f"`{route.verb} {route.path}`" in page


def test_foreign_protos_keep_their_licence() -> None:
    for name in ("google", "buf"):
        assert "Apache License" in (PROTOS / name / "LICENSE").read_text()


def test_generated_code_is_marked_as_typed() -> None:
    for name in ("tenantry", "buf"):
        assert (GENERATED / name / "py.typed").exists()
    assert "generated: begin routes" in ENVOY_CONFIG.read_text()
