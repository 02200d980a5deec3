"""``docs/access.md``: who may call what, in one table a service, to be reviewed as a diff."""

from collections.abc import Iterator
from itertools import groupby

from tenantry.access.v1 import types_pb2
from tenantry.options.v1 import access_pb2

from tooling.contracts.contract import Contract, Operation

_INTRODUCTION = """\
# Who may call what

Made from the access options in `protos/` by `make protos`. Not to be edited.

- **Caller**: *anyone*, *authenticated* (by access token or API key, and service accounts), *session* (a person's own
  access token, no API key), *operator* (the platform's operations team), *service* (our own service accounts, on the
  internal listener only).
- **Role** and **Feature**: what the caller needs within the organization of the call; *platform* before one means
  whatever the organization.
- **Marks**: `testing` exists only where `TENANTRY_ENV=development` · `repeats` how a repeat with the same `request_id`
  is answered · `fresh` how long ago the caller may have signed in · `own proof` credentials are not looked at ·
  `costly` counted by the stricter rate limit · `org` the request field that names the organization, where it is not
  `organization_id`.
"""
_HEADER = "| RPC | REST | Caller | Role | Feature | Marks |\n| --- | --- | --- | --- | --- | --- |"


def access_table(contract: Contract) -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for service, operations in groupby(contract.operations, key=lambda operation: operation.service):
        rows = "\n".join(_row(operation) for operation in operations)
        parts.append(f"## {service}\n\n{_HEADER}\n{rows}\n")
    return "\n".join(parts)


def _row(operation: Operation) -> str:
    access = operation.access
    routes = "<br>".join(f"`{route.verb} {route.path}`" for route in operation.routes)
    caller = _word("CALLER", types_pb2.Caller.Name(access.caller))
    cells = [operation.method.name, routes, caller, _roles(access), _features(access), " · ".join(_marks(access))]
    return f"| {' | '.join(cells)} |".replace("  ", " ")


def _roles(access: access_pb2.Access) -> str:
    roles = []
    if access.platform_role:
        roles.append(f"platform {_word('PLATFORM_ROLE', types_pb2.PlatformRole.Name(access.platform_role))}")
    if access.tenant_role:
        roles.append(_word("TENANT_ROLE", types_pb2.TenantRole.Name(access.tenant_role)))
    return ", ".join(roles)


def _features(access: access_pb2.Access) -> str:
    features = []
    if access.platform_feature:
        features.append(f"platform {_word('FEATURE_LEVEL', types_pb2.FeatureLevel.Name(access.platform_feature))}")
    if access.tenant_feature:
        features.append(_word("FEATURE_LEVEL", types_pb2.FeatureLevel.Name(access.tenant_feature)))
    return ", ".join(features)


def _marks(access: access_pb2.Access) -> Iterator[str]:
    if access.testing_only:
        yield "testing"
    if access.idempotency:
        yield f"repeats: {_word('IDEMPOTENCY', access_pb2.Idempotency.Name(access.idempotency))}"
    if access.sign_in_max_age_seconds:
        yield f"fresh: {access.sign_in_max_age_seconds} s"
    if access.ignores_credentials:
        yield "own proof"
    if access.rate_class:
        yield _word("RATE_CLASS", access_pb2.RateClass.Name(access.rate_class))
    if access.organization_field:
        yield f"org: `{access.organization_field}`"


def _word(prefix: str, name: str) -> str:
    return name.removeprefix(f"{prefix}_").lower().replace("_", " ")
