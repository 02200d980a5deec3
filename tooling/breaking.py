"""
No change of the contracts breaks a client: `buf breaking` against the contracts as they last were.

As they last were: in the last tag; while there is none, where this branch left `main`, or on `main` itself in the
commit before. Only a repository that has no earlier contracts at all has nothing to compare.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUF = Path(sys.executable).with_name("buf")
CONTRACTS = "protos"


def main() -> int:
    """Compare, and say against what."""
    earlier = earlier_commit()
    if earlier is None:
        print("There are no earlier contracts to compare with.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", earlier, CONTRACTS], cwd=ROOT, capture_output=True, check=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        against = ["--against", str(Path(folder, CONTRACTS)), "--against-config", str(ROOT / CONTRACTS / "buf.yaml")]
        done = subprocess.run([BUF, "breaking", CONTRACTS, *against], cwd=ROOT, check=False)
    print(f"Compared with {earlier}: {'nothing breaks.' if done.returncode == 0 else 'see above.'}")
    return done.returncode


def earlier_commit() -> str | None:
    """The commit to compare with, if it has contracts that can be compared."""
    found = git("describe", "--tags", "--abbrev=0") or fork_point() or git("rev-parse", "--verify", "--quiet", "HEAD^")
    return found if found and git("ls-tree", "--name-only", found, f"{CONTRACTS}/buf.yaml") else None


def fork_point() -> str | None:
    """Where this branch left main; nothing when this is main."""
    base = git("merge-base", "HEAD", "main")
    return base if base != git("rev-parse", "HEAD") else None


def git(*words: str) -> str | None:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
