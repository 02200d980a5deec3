"""Compile the contracts: Python code with type stubs, and one descriptor set of everything for what follows."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import grpc_tools

from tooling.contracts.paths import GENERATED, PROTOS, own_proto_files
from tooling.contracts.third_party import ERROR_PROTOS

_VALIDATE_PROTO = "buf/validate/validate.proto"
_PACKAGE_DOCSTRING = '"""Made from the contracts in ``protos/`` by ``make protos``. Not to be edited."""\n'
_PACKAGES = ("tenantry", "buf")


def write_python_code() -> None:
    """Replace the generated Python packages by what the contracts say now."""
    for name in _PACKAGES:
        shutil.rmtree(GENERATED / name, ignore_errors=True)
    GENERATED.mkdir(exist_ok=True)
    # google.* comes ready-made with googleapis-common-protos; buf.validate comes with nobody.
    _protoc(
        [f"--python_out={GENERATED}", f"--mypy_out=quiet:{GENERATED}"],
        [*own_proto_files(), _VALIDATE_PROTO],
    )
    _protoc(
        [f"--grpc_python_out={GENERATED}", f"--mypy_grpc_out=quiet,only_async:{GENERATED}"],
        [name for name in own_proto_files() if name.endswith("_service.proto")],
    )
    for name in _PACKAGES:
        _make_packages(GENERATED / name)


def write_descriptor_set(path: Path) -> None:
    """Write all contracts, what they import and what error answers hold, with comments, as one descriptor set."""
    _protoc(
        ["--include_imports", "--include_source_info", f"--descriptor_set_out={path}"],
        [*own_proto_files(), *ERROR_PROTOS],
    )


def _protoc(outputs: Iterable[str], files: Iterable[str]) -> None:
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    scripts = Path(sys.executable).parent
    plugins = [f"--plugin={name}={scripts / name}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"-I{well_known}", *plugins, *outputs, *files]
    subprocess.run(command, check=True)


def _make_packages(root: Path) -> None:
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").write_text(_PACKAGE_DOCSTRING)
    (root / "py.typed").write_text("")
