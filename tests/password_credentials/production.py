"""A server as production has it: the limits are on, and no plain token is kept."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.harness import Running
from tests.signed_in import whole_server


@asynccontextmanager
async def production_server(postgres: str, name: str, **settings: str) -> AsyncIterator[Running]:
    """A production server of the whole product on a database of its own."""
    # Production must be given every secret: here those that a server of other tests has made for itself.
    given = {"TENANTRY_ENV": "production"} | {f"TENANTRY_{name}": value for name, value in settings.items()}
    for file in (Path(os.environ["TENANTRY_DATA"]) / "secrets").iterdir():
        given[f"TENANTRY_{file.name.upper()}"] = file.read_text()
    with pytest.MonkeyPatch.context() as patch:
        for key, value in given.items():
            patch.setenv(key, value)
        async with whole_server(postgres, name) as found:
            yield found
