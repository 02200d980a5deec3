"""The checks of `make check` find what they are for; a check that cannot fail is none."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ADDRESS = re.compile(r"://|^-|^\S*/", re.MULTILINE)
GIT = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of its own, under git, with our tooling."""
    for name in ("tooling/__init__.py", "tooling/sizes.py", "tooling/secrets_scan.py", "tooling/breaking.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    for name in ("tooling/migration.py", "protos/buf.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    subprocess.run([*GIT, "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def run(project: Path, tool: str, *words: str) -> tuple[int, str]:
    environment = os.environ | {"PYTHONPATH": str(project)}
    command = [sys.executable, "-m", f"tooling.{tool}", *words]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def commit(project: Path) -> None:
    subprocess.run([*GIT, "add", "--all"], cwd=project, check=True)
    subprocess.run([*GIT, "commit", "--quiet", "--message", "Something"], cwd=project, check=True)


def test_files_and_functions_that_are_too_long_are_named(project: Path) -> None:
    long_function = "def long() -> None:\n" + "    print()\n" * 51
    (project / "long_function.py").write_text(long_function)
    (project / "long_file.py").write_text("x = 1\n" * 501)
    (project / "generated").mkdir()
    (project / "generated" / "made.py").write_text("x = 1\n" * 9000)

    code, said = run(project, "sizes")

    assert code == 1
    assert sorted(said.splitlines()) == [
        "long_file.py: 501 lines; at most 500",
        "long_function.py:1: long has 51 lines; at most 50",
    ]


def test_a_docstring_does_not_count(project: Path) -> None:
    (project / "told.py").write_text('def told() -> None:\n    """\n' + "    Words.\n" * 60 + '    """\n    print()\n')

    assert run(project, "sizes")[0] == 0


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-----BEGIN EC PRIVATE " + "KEY-----", "Private Key"),
        ("postgresql://app:" + "hunter22secret@db/app", "Basic Auth Credentials"),
        ("AKIA" + "IOSFODNN7EXAMPLQ", "AWS Access Key"),
    ],
)
def test_a_secret_is_found_and_not_shown(project: Path, line: str, kind: str) -> None:
    (project / "settings.txt").write_text(f"x = '{line}'\n")

    code, said = run(project, "secrets_scan")

    assert code == 1
    assert said == f"settings.txt:1: {kind}\n"


def test_a_contract_that_breaks_its_callers_is_found(project: Path) -> None:
    contract = project / "protos" / "tenantry" / "things" / "v1" / "thing.proto"
    contract.parent.mkdir(parents=True)
    contract.write_text('syntax = "proto3";\npackage tenantry.things.v1;\nmessage Thing {\n  string name = 1;\n}\n')
    commit(project)
    assert "no earlier contracts" in run(project, "breaking")[1]
    (project / "note").touch()
    commit(project)

    assert run(project, "breaking")[0] == 0
    contract.write_text(contract.read_text().replace("string name = 1", "int64 name = 1"))
    code, said = run(project, "breaking")

    assert code != 0
    assert 'Field "1" with name "name" on message "Thing" changed type from "string" to "int64"' in said


def test_migrations_are_numbered_and_follow_each_other(project: Path) -> None:
    (project / "server" / "subdomains" / "identity" / "api_keys").mkdir(parents=True)

    assert run(project, "migration", "api_keys", "create_api_key")[0] == 0
    code, said = run(project, "migration", "api_keys", "add_colour")

    assert code == 0
    path = project / "server/subdomains/identity/api_keys/migrations/0002_add_colour.py"
    assert said.strip() == str(path.relative_to(project))
    assert 'revision = "0002"\ndown_revision = "0001"\n' in path.read_text()


def test_a_migration_of_nobody_is_refused(project: Path) -> None:
    assert run(project, "migration", "", "add_colour") == (2, "There is no subdomain ''. There are: \n")
    assert run(project, "migration", "cars", "Add colour!")[0] == 2


@pytest.mark.parametrize("name", ["setup", "runtime", "dev", "bench"])
def test_lock_files_hold_versions_and_hashes_and_no_address(name: str) -> None:
    lock = (ROOT / "locks" / f"{name}.txt").read_text()

    assert not ADDRESS.search(lock)
    assert lock.count("==") > 1
    assert all("--hash=sha256:" in package for package in re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:])


def test_the_lock_files_agree() -> None:
    versions: dict[str, set[str]] = {}
    for name in ("setup", "runtime", "dev", "bench"):
        lock = (ROOT / "locks" / f"{name}.txt").read_text()
        for package, version, condition in re.findall(r"^([^=\s]+)==(\S+)(.*)", lock, re.MULTILINE):
            versions.setdefault(package + condition, set()).add(version)

    assert {package: found for package, found in versions.items() if len(found) > 1} == {}
