"""The client stands on its own: its wheel needs nothing of this repository."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
import tenantry
import tenantry_client
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest
from tenantry_client import Tenantry, TenantrySync, TenantryError
assert not [each for each in (tenantry, tenantry_client) if each.__file__.startswith(sys.argv[1])]
assert callable(TenantrySync("localhost:1").organizations.CreateOrganization)
"""


def test_the_wheel_works_without_the_repository(tmp_path: Path) -> None:
    # In a copy: a build leaves files behind, and old ones would end up in the wheel.
    copy = tmp_path / "copy"
    for folder in ("generated", "clients/python"):
        shutil.copytree(
            ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
        )
    wheels = tmp_path / "wheels"
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(wheels)]
    subprocess.run([*command, str(copy / "clients/python")], check=True)
    (wheel,) = wheels.glob("tenantry_client-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
        names = set(archive.namelist())

    environment = {"PYTHONPATH": str(tmp_path / "installed")}
    subprocess.run([sys.executable, "-c", PROGRAM, str(ROOT)], check=True, cwd=tmp_path, env=environment)

    assert {"tenantry_client/py.typed", "tenantry/py.typed", "tenantry/users/v1/membership_pb2.pyi"} <= names
    assert not [name for name in names if name.startswith(("server/", "tooling/"))]
