"""Writes `docs/settings.md` from the settings classes: `make docs`."""

from pathlib import Path

from server.composition import settings_classes
from server.kernel.settings_page import render

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(settings_classes()))


if __name__ == "__main__":
    main()
