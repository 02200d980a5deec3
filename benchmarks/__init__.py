"""Measures this server against what bare grpc.aio can do and against a FastAPI twin: `python -m benchmarks.run`."""

import os
from typing import Any

# The bench starts processes while its channels are open, which gRPC would comment on each time.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

POOL_SIZE = 16  # connections to PostgreSQL of each server that is measured, ours included

# The car that everybody registers.
CAR: dict[str, Any] = {
    "make": "Honda",
    "model": "Civic",
    "year": 2023,
    "jurisdiction": "New Zealand",
    "number_plate": "ABC123",
}
