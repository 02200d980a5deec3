"""
Deletes the samples in a scratch copy and runs everything that is left: `make check-samples`.

It does what docs/how-to/delete-a-subdomain.md says and nothing else, so that deleting stays as easy as that page says.
Whatever else leans on a sample fails here.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SAMPLES = ("bookings", "cars")

HOMES = ("server/subdomains", "tests", "protos/tenantry", "generated/tenantry")
DISPLAYS = ("benchmarks", "tests/benchmarks")  # they measure the samples and nothing else
MARKED_LINES = ("server/composition.py", "pyproject.toml")
MARKED_FILES = ("tests", "clients/python/examples")
MARKED_PARTS = ("README.md", "clients/python/README.md")

LINE = re.compile(rf"# sample\b|\bsubdomains\.({'|'.join(SAMPLES)})\b")
FILE = re.compile(r"\bGoes with the samples\b")
PART = re.compile(r"<!-- sample -->\n.*?<!-- end of sample -->\n", re.DOTALL)

CHECKS = [
    [sys.executable, "-m", "tooling.contracts.generate"],
    [sys.executable, "-m", "tooling.settings_page"],
    [str(BIN / "mypy")],
    [str(BIN / "lint-imports"), "--no-cache"],
    [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-p", "no:schemathesis", "tests"],
]


def main() -> int:
    """Stop at the first check that fails."""
    with tempfile.TemporaryDirectory(prefix="tenantry-without-samples-") as folder:
        scratch = Path(folder)
        copy_to(scratch)
        delete_samples(scratch)
        sources = [scratch, scratch / "generated", scratch / "clients/python/src"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(source) for source in sources)}
        for check in CHECKS:
            print(f"\nwithout samples: {' '.join(Path(word).name for word in check)}", flush=True)
            done = subprocess.run(check, cwd=scratch, env=environment, check=False)
            if done.returncode != 0:
                return done.returncode
    print("\nWithout the samples, everything that is left holds.")
    return 0


def copy_to(scratch: Path) -> None:
    """Copy what git holds or would hold."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, scratch / name)


def delete_samples(scratch: Path) -> None:
    """Their folders, what shows them, and their lines in files that stay."""
    for folder in [*(f"{home}/{sample}" for home in HOMES for sample in SAMPLES), *DISPLAYS]:
        shutil.rmtree(scratch / folder)
    for path in marked_files(scratch):
        print(f"goes with the samples: {path.relative_to(scratch)}")
        path.unlink()
    for name in MARKED_LINES:
        lines = (scratch / name).read_text().splitlines(keepends=True)
        (scratch / name).write_text("".join(line for line in lines if not LINE.search(line)))
    for name in MARKED_PARTS:
        (scratch / name).write_text(PART.sub("", (scratch / name).read_text()))


def marked_files(scratch: Path) -> Iterator[Path]:
    """The files that say of themselves that they go with the samples."""
    for folder in MARKED_FILES:
        for path in sorted(scratch.joinpath(folder).rglob("*.py")):
            if FILE.search(path.read_text()):
                yield path


if __name__ == "__main__":
    sys.exit(main())
