"""The contracts, compiled as they stand, and a strange one that holds whatever a contract may hold."""

import subprocess
import sys
from pathlib import Path

import grpc_tools
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tooling.contracts.contract import Contract
from tooling.contracts.derive import compiled_contracts
from tooling.contracts.paths import PROTOS

STRANGE_PROTOS = Path(__file__).parent / "protos"
STRANGE_FILE = "tenantry/strange/v1/strange_service.proto"


def compiled(folder: Path, name: str, output: Path) -> FileDescriptorSet:
    """Compile a proto file of *folder*, which may import ours and any that is installed."""
    installed = Path(grpc_tools.__file__).parent
    imports = [f"-I{each}" for each in (folder, PROTOS, installed / "_proto", installed.parent)]
    command = [sys.executable, "-m", "grpc_tools.protoc", *imports, "--include_imports", "--include_source_info"]
    subprocess.run([*command, f"--descriptor_set_out={output}", name], check=True)
    return FileDescriptorSet.FromString(output.read_bytes())


@pytest.fixture(scope="session")
def everything() -> FileDescriptorSet:
    """All contracts, with comments."""
    return compiled_contracts()


@pytest.fixture(scope="session")
def contract(everything: FileDescriptorSet) -> Contract:
    """All contracts."""
    return Contract.of(everything)


@pytest.fixture(scope="session")
def strange_descriptors(tmp_path_factory: pytest.TempPathFactory) -> FileDescriptorSet:
    """The strange contract, with comments."""
    return compiled(STRANGE_PROTOS, STRANGE_FILE, tmp_path_factory.mktemp("strange") / "strange.binpb")


@pytest.fixture(scope="session")
def strange(strange_descriptors: FileDescriptorSet) -> Contract:
    """The strange contract."""
    return Contract.of(strange_descriptors)
