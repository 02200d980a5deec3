"""Starts a migration of a subdomain: `make migration SUBDOMAIN=cars NAME=add_colour_to_car`."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUBDOMAINS = ROOT / "server" / "subdomains"
NAME = re.compile(r"[a-z][a-z0-9_]*")

TEMPLATE = '''"""{sentence}."""

from alembic import op

revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("")
'''


class MigrationError(Exception):
    """What to call it with."""


def main(subdomain: str, name: str) -> None:
    """Write the next numbered file, and say where."""
    if not NAME.fullmatch(name):
        raise MigrationError("Say what it does: make migration SUBDOMAIN=cars NAME=add_colour_to_car")
    folder = folder_of(subdomain)
    folder.mkdir(exist_ok=True)
    numbered = sorted(path for path in folder.glob("[0-9][0-9][0-9][0-9]_*.py"))
    number = int(numbered[-1].name[:4]) + 1 if numbered else 1
    last = re.search(r'^revision(?:: str)? = "([^"]+)"', numbered[-1].read_text(), re.MULTILINE) if numbered else None
    path = folder / f"{number:04}_{name}.py"
    path.write_text(
        TEMPLATE.format(
            sentence=name.replace("_", " ").capitalize(),
            revision=f"{number:04}",
            down_revision=f'"{last[1]}"' if last else None,
        )
    )
    print(path.relative_to(ROOT))


def folder_of(subdomain: str) -> Path:
    """The migrations of a subdomain, named alone or with its group (`identity/api_keys`)."""
    found = [path for path in (SUBDOMAINS, *SUBDOMAINS.glob("*/")) if subdomain and (path / subdomain).is_dir()]
    if not found:
        known = sorted(path.parent.relative_to(SUBDOMAINS).as_posix() for path in SUBDOMAINS.rglob("wiring.py"))
        raise MigrationError(f"There is no subdomain {subdomain!r}. There are: {', '.join(known)}")
    return found[0] / subdomain / "migrations"


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except MigrationError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
