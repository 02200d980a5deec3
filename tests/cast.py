"""
The cast: callers whose memberships a test says outright, for tests of one subdomain without those that know users.

It is a subdomain of its own with one table, and answers the kernel's question who somebody is, as users does in the
product.
"""

import json
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Boolean, Column, MetaData, Table, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from server.kernel import ids
from server.kernel.access.principals import SESSION_ID, USER_ID
from server.kernel.database.types import Id
from server.kernel.migrate import History
from server.kernel.subdomain import Platform, Subdomain
from tests.harness import Metadata, Running

metadata = MetaData(schema="cast_of_tests")
player = Table(
    "player",
    metadata,
    Column("user_id", Id("user"), primary_key=True),
    Column("session_id", Id("session"), nullable=False),
    Column("user", JSONB, nullable=False),
    Column("is_live", Boolean, nullable=False),
)

HISTORY = History("cast_of_tests", Path(__file__).parent / "cast_migrations")


def cast_of_tests(platform: Platform) -> Subdomain:
    """The cast as a subdomain."""
    session = func.jsonb_build_object("user_id", player.c.user_id, "is_live", player.c.is_live)
    return Subdomain(
        name="cast_of_tests",
        tables=metadata,
        principal={
            "user": select(player.c.user).where(player.c.user_id == USER_ID),
            "session": select(cast(session, JSONB)).where(player.c.session_id == SESSION_ID),
        },
    )


class Cast:
    """Makes callers."""

    def __init__(self, running: Running) -> None:
        self._running = running

    async def member(
        self,
        *organization_ids: str,
        roles: tuple[str, ...] = ("tenant_member",),
        feature: str = "paidtrial_features",
        platform_roles: tuple[str, ...] = ("platform_standard",),
        **changes: Any,
    ) -> "Player":
        """A registered person who is a member of these organizations; the first is the default one."""
        user_id, session_id = ids.new_id("user"), ids.new_id("session")
        memberships = [
            {
                "id": str(ids.uuid7()),
                "organization_id": str(ids.decode("org", organization_id)),
                "roles": roles,
                "features": [feature],
                "is_default": number == 0,
            }
            for number, organization_id in enumerate(organization_ids)
        ]
        user = {
            "classification": "person",
            "status": "registered",
            "access": "enabled",
            "roles": platform_roles,
            "features": ["paidtrial_features"],
            "memberships": memberships,
        }
        connection = await asyncpg.connect(self._running.dsn)
        try:
            await connection.execute(
                'INSERT INTO cast_of_tests.player (user_id, session_id, "user", is_live) VALUES ($1, $2, $3, true)',
                ids.decode("user", user_id),
                ids.decode("session", session_id),
                json.dumps(user | changes),
            )
        finally:
            await connection.close()
        return Player(user_id, session_id, self._running.as_user(user_id, session_id))


class Player:
    """One caller."""

    def __init__(self, user_id: str, session_id: str, metadata: Metadata) -> None:
        self.user_id = user_id
        self.session_id = session_id
        self.metadata = metadata
