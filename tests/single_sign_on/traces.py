"""What a sign-in leaves in the database, and what a refused one must not."""

import json
from typing import Any

from server.kernel import ids
from tests.harness import Running

TABLES = (
    "users.end_user",
    "user_profiles.user_profile",
    "single_sign_on.sso_user",
    "single_sign_on.provider_auth_tokens",
    "auth_tokens.session",
    "kernel.event",
    "kernel.delivery",
)


async def counts(server: Running) -> dict[str, int]:
    """How many rows there are of everything that a sign-in may write."""
    columns = ", ".join(f'(SELECT count(*) FROM {table}) AS "{table}"' for table in TABLES)
    [row] = await server.rows(f"SELECT {columns}")
    return dict(row)


async def accounts_of(server: Running, user_id: str) -> list[dict[str, Any]]:
    """The accounts of a user at providers."""
    sql = "SELECT * FROM single_sign_on.sso_user WHERE user_id = $1 ORDER BY provider_name"
    return [dict(row) for row in await server.rows(sql, ids.decode("user", user_id))]


async def users_of(server: Running, email_address: str) -> list[str]:
    """The ids of the users with an address."""
    rows = await server.rows("SELECT id FROM users.end_user WHERE email_address = $1", email_address)
    return [ids.encode("user", row["id"]) for row in rows]


async def audits_of(server: Running, user_id: str) -> list[str]:
    """The codes of the audits against a user, in order."""
    return [json.loads(text)["AuditCode"] for text in await server.queued("audits", f'"AgainstId":"{user_id}"')]
