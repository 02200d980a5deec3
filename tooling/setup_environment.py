"""
Makes `.venv` hold exactly what the lock files say; `make` runs this before everything else.

Only the standard library, and nothing that Python 3.6 cannot read (hence the quoted types): this file must be able to
say that the Python which runs it is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWER_NAMES = ["python3.14", "python3.13", "python3.12", "python3.11"]

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMP = VENV / "tenantry-setup"
LOCKS = ["locks/setup.txt", "locks/dev.txt", "locks/bench.txt"]
PROJECTS = [".", "clients/python"]


class SetupError(Exception):
    """What the person at the keyboard must put right."""


def main() -> None:
    insist_on_python()
    place, content = place_key(), content_key()
    stamp = STAMP.read_text().split() if STAMP.exists() else []
    if stamp == [place, content]:
        return
    insist_on_venv()
    if not stamp or stamp[0] != place:
        create_environment()
    install()
    STAMP.write_text(f"{place}\n{content}\n")


def insist_on_python() -> None:
    """Go on with a newer Python of this machine when the one called is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_NAMES:
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    raise SetupError(
        f"Tenantry needs Python 3.11 or newer, and {sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}.\n"
        "Install a newer one, or name it: make PYTHON=/path/to/python3.12 ..."
    )


def insist_on_venv() -> None:
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian packs it apart from Python
        import venv  # noqa: F401, PLC0415
    except ImportError:
        raise SetupError(
            f"This Python ({sys.executable}) comes without its venv module. On Debian and Ubuntu:\n"
            "  apt install python3-venv\n"
            "Or name another Python: make PYTHON=/path/to/python3 ..."
        ) from None


def place_key() -> str:
    """A virtual environment holds absolute paths and one Python: when either changes it is made anew."""
    return digest([str(ROOT), sys.version, str(Path(sys.executable).resolve())])


def content_key() -> str:
    names = [*LOCKS, *(f"{project}/pyproject.toml" for project in PROJECTS)]
    return digest([(ROOT / name).read_text() for name in names])


def digest(parts: "list[str]") -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def create_environment() -> None:
    say("making .venv with Python {}.{}".format(*sys.version_info[:2]))
    shutil.rmtree(str(VENV), ignore_errors=True)
    run([sys.executable, "-m", "venv", str(VENV)])


def install() -> None:
    say("installing what the lock files name")
    python = str(BIN / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    run([*pip, "--require-hashes", "-r", LOCKS[0]])
    locked = ["--require-hashes", *(word for lock in LOCKS for word in ("-r", lock))]
    ours = ["--no-deps", "--no-build-isolation", *(word for project in PROJECTS for word in ("-e", project))]
    # With the certificates that the machine trusts, as pip does: a network may have one of its own.
    uv = [str(BIN / "uv"), "--quiet", "--system-certs", "pip", "install", "--python", python]
    if not succeeds([*uv, *locked]):
        # It reads other settings than pip, which may be set up for this network.
        say("uv could not; trying pip, which takes longer")
        run([*pip, *locked])
    run([*pip, *ours])


def run(command: "list[str]") -> None:
    if not succeeds(command):
        raise SetupError(f"Setting up stopped at: {' '.join(command)}\nThe lines above say why; run it again after.")


def succeeds(command: "list[str]") -> bool:
    return subprocess.run(command, cwd=str(ROOT), check=False).returncode == 0


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
