"""
The Python client of Tenantry.

``Tenantry`` is for asyncio, ``TenantrySync`` for everything else. Both have one attribute a service, such as
``client.cars``, with one method an RPC. Refused calls raise a ``TenantryError``.
"""

from tenantry_client.client import Tenantry
from tenantry_client.client_sync import TenantrySync
from tenantry_client.errors import (
    Aborted,
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    FieldViolation,
    InternalError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    TenantryError,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from tenantry_client.retries import RetryPolicy

__all__ = [
    "Aborted",
    "AlreadyExists",
    "DeadlineExceeded",
    "FailedPrecondition",
    "FieldViolation",
    "InternalError",
    "InvalidArgument",
    "NotFound",
    "PermissionDenied",
    "ResourceExhausted",
    "RetryPolicy",
    "Tenantry",
    "TenantryError",
    "TenantrySync",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
]
