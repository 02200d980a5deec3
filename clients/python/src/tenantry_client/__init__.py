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
    MfaRequired,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    TenantryError,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from tenantry_client.retries import RetryPolicy
from tenantry_client.second_factor import SecondFactor
from tenantry_client.second_factor_sync import SecondFactorSync
from tenantry_client.single_sign_on import SignOnFailed, StartedSignOn

__all__ = [
    "Aborted",
    "AlreadyExists",
    "DeadlineExceeded",
    "FailedPrecondition",
    "FieldViolation",
    "InternalError",
    "InvalidArgument",
    "MfaRequired",
    "NotFound",
    "PermissionDenied",
    "ResourceExhausted",
    "RetryPolicy",
    "SecondFactor",
    "SecondFactorSync",
    "SignOnFailed",
    "StartedSignOn",
    "Tenantry",
    "TenantryError",
    "TenantrySync",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
]
