"""What the database itself holds of memberships, whatever the code does."""

import asyncio

import asyncpg
import pytest

from server.kernel import ids


@pytest.fixture
async def shared(people):
    owner = await people.register()
    return owner, await people.create_organization(owner)


async def _members(server, organization_id):
    rows = await server.rows(
        "SELECT user_id FROM users.membership WHERE organization_id = $1 ORDER BY created_at, id",
        ids.decode("org", organization_id),
    )
    return [row["user_id"] for row in rows]


async def test_the_last_owner_stays(shared, people, server):
    _, organization_id = shared
    await people.join((await people.register()).user_id, organization_id)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await server.rows(
            "UPDATE users.membership SET roles = '{tenant_member}' WHERE organization_id = $1",
            ids.decode("org", organization_id),
        )

    assert refused.value.constraint_name == "membership_last_owner_stays"


async def test_the_last_billing_admin_stays(shared, server):
    _, organization_id = shared

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await server.rows(
            "UPDATE users.membership SET roles = '{tenant_owner}' WHERE organization_id = $1",
            ids.decode("org", organization_id),
        )

    assert refused.value.constraint_name == "membership_last_billing_admin_stays"


async def test_an_organization_without_members_was_deleted(shared, server):
    _, organization_id = shared

    await server.rows("DELETE FROM users.membership WHERE organization_id = $1", ids.decode("org", organization_id))

    assert await _members(server, organization_id) == []


async def test_of_two_billing_admins_who_give_up_at_once_one_is_refused(shared, people, server):
    # given
    _, organization_id = shared
    await people.join((await people.register()).user_id, organization_id)
    organization = ids.decode("org", organization_id)
    await server.rows(
        "UPDATE users.membership SET roles = '{tenant_billing_admin}' WHERE organization_id = $1", organization
    )
    give_up = "UPDATE users.membership SET roles = '{tenant_member}' WHERE organization_id = $1 AND user_id = $2"

    # when
    ends = await asyncio.gather(
        *(server.rows(give_up, organization, user_id) for user_id in await _members(server, organization_id)),
        return_exceptions=True,
    )

    # then
    assert sum(isinstance(end, asyncpg.CheckViolationError) for end in ends) == 1


@pytest.mark.parametrize(
    ("change", "index"),
    [
        ("is_default = true", "membership_default_is_one"),
        ("ownership = 'personal'", "membership_personal_is_one"),
    ],
)
async def test_a_user_has_one_default_and_one_personal_membership(shared, server, change, index):
    owner, _ = shared

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await server.rows(f"UPDATE users.membership SET {change} WHERE user_id = $1", ids.decode("user", owner.user_id))

    assert refused.value.constraint_name == index


async def test_a_user_joins_an_organization_once(shared, server):
    owner, organization_id = shared

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await server.rows(
            "INSERT INTO users.membership SELECT gen_random_uuid(), user_id, organization_id, ownership, false, roles, "
            "level, now() FROM users.membership WHERE user_id = $1 AND organization_id = $2",
            ids.decode("user", owner.user_id),
            ids.decode("org", organization_id),
        )

    assert refused.value.constraint_name == "membership_is_one_per_organization"
