"""Where the contracts are read and where what is made from them is written."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROTOS = ROOT / "protos"
OWN_PROTOS = PROTOS / "tenantry"
GENERATED = ROOT / "generated"
DESCRIPTORS = GENERATED / "descriptors"
OPENAPI = GENERATED / "openapi"
ACCESS_TABLE = ROOT / "docs" / "access.md"
ENVOY_CONFIG = ROOT / "envoy.yaml"
CLIENT_GENERATOR = ROOT / "clients" / "python" / "generate.py"
PRODUCTION_ENVOY_CONFIG = GENERATED / "gateway" / "production.yaml"


def own_proto_files() -> list[str]:
    """Return our proto files as they are imported, such as ``tenantry/cars/v1/car.proto``, in a fixed order."""
    return sorted(path.relative_to(PROTOS).as_posix() for path in OWN_PROTOS.rglob("*.proto"))
