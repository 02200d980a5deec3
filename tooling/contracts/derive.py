"""Write what follows from the options in the contracts. Needs the generated Python code; ``generate`` calls it."""

import shutil
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tooling.contracts.access_table import access_table
from tooling.contracts.contract import Contract
from tooling.contracts.descriptor_sets import public_descriptor_set, testing_descriptor_set
from tooling.contracts.envoy_rules import development_config, production_config
from tooling.contracts.openapi.document import public_document, testing_document
from tooling.contracts.paths import ACCESS_TABLE, DESCRIPTORS, ENVOY_CONFIG, OPENAPI, PRODUCTION_ENVOY_CONFIG
from tooling.contracts.python_code import write_descriptor_set


def main() -> None:
    """Write it all."""
    everything = compiled_contracts()
    contract = Contract.of(everything)
    shutil.rmtree(DESCRIPTORS, ignore_errors=True)
    _write(DESCRIPTORS / "public.binpb", public_descriptor_set(everything))
    _write(DESCRIPTORS / "testing.binpb", testing_descriptor_set(everything))
    _write(ACCESS_TABLE, access_table(contract).encode())
    _write(OPENAPI / "public.json", public_document(contract))
    _write(OPENAPI / "testing.json", testing_document(contract))
    envoy_yaml = ENVOY_CONFIG.read_text()
    _write(ENVOY_CONFIG, development_config(envoy_yaml, contract).encode())
    _write(PRODUCTION_ENVOY_CONFIG, production_config(envoy_yaml, contract).encode())


def compiled_contracts() -> FileDescriptorSet:
    """Compile the contracts as they stand now, comments included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contracts.binpb"
        write_descriptor_set(path)
        return FileDescriptorSet.FromString(path.read_bytes())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    main()
