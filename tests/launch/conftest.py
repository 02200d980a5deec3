"""Folders and settings for tests that start processes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder of a short name, since sockets stand in it."""
    made = Path(tempfile.mkdtemp(prefix="tenantry-test-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)
