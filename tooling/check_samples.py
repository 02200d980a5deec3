"""
Deletes the samples in a scratch copy and runs everything that is left: `make check-samples`.

It does what docs/how-to/delete-a-subdomain.md says, so that deleting stays as easy as that page says. Whatever else
leans on a sample fails here.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SAMPLES = ("bookings", "cars")
HOMES = ("server/subdomains", "tests", "protos/tenantry", "generated/tenantry")
# These show or drive the samples, and go with them, file by file.
DISPLAYS = ("tests/journeys", "benchmarks", "clients/python/examples")

LINE_OF_A_SAMPLE = re.compile(rf"# sample\b|\bsubdomains\.({'|'.join(SAMPLES)})\b")
MENTIONS_A_SAMPLE = re.compile(rf"\b(tenantry|subdomains)[./]({'|'.join(SAMPLES)})\b")

CHECKS = [
    [sys.executable, "-m", "tooling.contracts.generate"],
    [str(BIN / "mypy")],
    [str(BIN / "lint-imports"), "--no-cache"],
    [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "tests"],
]


def main() -> int:
    """Stop at the first check that fails."""
    with tempfile.TemporaryDirectory(prefix="tenantry-without-samples-") as folder:
        scratch = Path(folder)
        copy_to(scratch)
        delete_samples(scratch)
        search = os.pathsep.join([str(scratch), str(scratch / "generated")])
        for check in CHECKS:
            print(f"\nwithout samples: {' '.join(Path(word).name for word in check)}", flush=True)
            done = subprocess.run(check, cwd=scratch, env=os.environ | {"PYTHONPATH": search}, check=False)
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
    """Their folders, their lines in the composition, and what displays them."""
    for home in HOMES:
        for sample in SAMPLES:
            shutil.rmtree(scratch / home / sample, ignore_errors=True)
    composition = scratch / "server" / "composition.py"
    lines = composition.read_text().splitlines(keepends=True)
    composition.write_text("".join(line for line in lines if not LINE_OF_A_SAMPLE.search(line)))
    for display in DISPLAYS:
        for path in scratch.joinpath(display).rglob("*.py"):
            if MENTIONS_A_SAMPLE.search(path.read_text()):
                print(f"goes with the samples: {path.relative_to(scratch)}")
                path.unlink()


if __name__ == "__main__":
    sys.exit(main())
