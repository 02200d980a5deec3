"""
Chooses versions within pyproject.toml and writes locks/: `make locks`.

Each file holds versions and hashes for every platform and Python, and no address of a registry, so that it installs
from whichever one a machine is set up for. `dev` keeps the versions of `runtime`, and `bench` those of `dev`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = str(Path(sys.executable).with_name("uv"))
OPTIONS = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--upgrade"]
LOCKS = {
    "setup": ["--group", "setup"],
    "runtime": ["pyproject.toml"],
    "dev": ["pyproject.toml", "--group", "setup", "--group", "dev", "-c", "locks/setup.txt", "-c", "locks/runtime.txt"],
    "bench": ["pyproject.toml", "--group", "bench", "-c", "locks/dev.txt"],
}
ADDRESS = re.compile(r"://|^-|/simple|^\S*/", re.MULTILINE)


def main() -> None:
    """Write every lock file, and refuse one that names a place."""
    for name, sources in LOCKS.items():
        path = ROOT / "locks" / f"{name}.txt"
        command = [UV, "pip", "compile", *sources, *OPTIONS, "--quiet", "-o", str(path.relative_to(ROOT))]
        subprocess.run(command, cwd=ROOT, check=True)
        if found := ADDRESS.search(path.read_text()):
            raise SystemExit(f"{path} names a place: {found[0]}")
        print(f"locks/{name}.txt")


if __name__ == "__main__":
    main()
