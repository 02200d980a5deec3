"""What is generated and committed says what its sources say: `make fresh`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAKERS = [
    [sys.executable, "-m", "tooling.contracts.generate"],
    [sys.executable, "-m", "tooling.settings_page"],
    [sys.executable, "-m", "tooling.events_page"],
]
MADE = ["generated", "protos", "docs", "envoy.yaml", "clients/python/src/tenantry_client/services"]


def main() -> int:
    """Make everything again, and show whatever came out different from what stood there."""
    before = state()
    for maker in MAKERS:
        subprocess.run(maker, cwd=ROOT, check=True)
    after = state()
    if before == after:
        print("What is generated is fresh.")
        return 0
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    print("These were stale and have been made anew; commit them:")
    print("\n".join(f"  {path}" for path in changed))
    return 1


def state() -> dict[str, str]:
    """Each file among what is made, with the hash of its content."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *MADE]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    files = [path for path in dict.fromkeys(listed) if (ROOT / path).is_file()]
    hashing = ["git", "hash-object", "--stdin-paths"]
    hashes = subprocess.run(hashing, cwd=ROOT, input="\n".join(files), capture_output=True, text=True, check=True)
    return dict(zip(files, hashes.stdout.splitlines(), strict=True))


if __name__ == "__main__":
    sys.exit(main())
