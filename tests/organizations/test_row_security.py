"""Rows of one organization are out of reach for another, whatever a statement says."""

from server.kernel import ids
from server.kernel.database.pool import APPLICATION_ROLE

_TABLES = ["organizations.organization", "organizations.member", "organizations.setting", "subscriptions.subscription"]


async def test_the_application_sees_rows_of_the_organization_it_acts_within_only(people, server):
    # given
    first, second = await people.register(), await people.register()

    for table in _TABLES:
        async with server.app.platform.begin(first.organization_id) as uow:
            # when
            connection = await uow._begun()
            [role] = await connection.raw.fetch("SELECT current_user AS name")
            rows = await connection.raw.fetch(f"SELECT DISTINCT organization_id FROM {table}")
            foreign = await connection.raw.execute(
                f"DELETE FROM {table} WHERE organization_id = $1", ids.decode("org", second.organization_id)
            )

        # then
        assert role["name"] == APPLICATION_ROLE
        assert {row["organization_id"] for row in rows} <= {ids.decode("org", first.organization_id)}
        assert foreign == "DELETE 0"
