"""
Make `.venv` hold exactly what the lock files say; `make` runs this before everything else.

Only the standard library, and no syntax that an old Python cannot read: this file must be able to say that the
Python which runs it is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER_NAMES = ["python3.14", "python3.13", "python3.12", "python3.11"]

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "tenantry-setup")
LOCKS = ["locks/setup.txt", "locks/dev.txt"]


class SetupError(Exception):
    """What the person at the keyboard must put right."""


def main():
    extras = sys.argv[1:]
    insist_on_python()
    place, content = place_key(), content_key(extras)
    stamp = read_stamp()
    if stamp == [place, content]:
        return
    insist_on_venv()
    if not stamp or stamp[0] != place:
        create_environment()
    install(extras)
    with open(STAMP, "w") as file:
        file.write(place + "\n" + content + "\n")


def insist_on_python():
    """Go on with a newer Python of this machine when the one called is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_NAMES:
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer] + sys.argv)
    raise SetupError(
        "Tenantry needs Python 3.11 or newer, and %s is %d.%d.\n"
        "Install a newer one, or name it: make PYTHON=/path/to/python3.12 ..."
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )


def insist_on_venv():
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian packs it apart from Python
        import venv  # noqa: F401, PLC0415
    except ImportError:
        raise SetupError(
            "This Python (%s) comes without its venv module.\n"
            "On Debian and Ubuntu: apt install python3-venv. Or name another Python: make PYTHON=/path/to/python3 ..."
            % sys.executable
        ) from None


def place_key():
    """A virtual environment holds absolute paths and one Python: when either changes it is made anew."""
    return digest([ROOT.encode(), sys.version.encode(), os.path.realpath(sys.executable).encode()])


def content_key(extras):
    parts = []
    for name in LOCKS + extras + ["pyproject.toml"]:
        with open(os.path.join(ROOT, name), "rb") as file:
            parts.append(file.read())
    return digest(parts)


def digest(parts):
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_stamp():
    try:
        with open(STAMP) as file:
            return file.read().split()
    except OSError:
        return []


def create_environment():
    say("making .venv with Python %d.%d" % sys.version_info[:2])
    shutil.rmtree(VENV, ignore_errors=True)
    run([sys.executable, "-m", "venv", VENV])


def install(extras):
    say("installing what the lock files name")
    pip = [in_venv("python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    run(pip + ["--require-hashes", "-r", "locks/setup.txt"])
    uv = [in_venv("uv"), "--quiet", "pip", "install", "--python", in_venv("python")]
    for lock in LOCKS + extras:
        run(uv + ["--require-hashes", "-r", lock])
    run(uv + ["--no-deps", "--no-build-isolation", "-e", "."])


def in_venv(name):
    return os.path.join(VENV, "bin", name)


def run(command):
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        raise SetupError(
            "Setting up stopped at: %s\nThe lines above say why; `make` goes on from there." % " ".join(command)
        )


def say(text):
    sys.stderr.write("setup: %s\n" % text)
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.stderr.write("%s\n" % error)
        sys.exit(2)
