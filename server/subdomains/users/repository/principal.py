"""What the kernel asks of a signed-in user: status, roles, features and memberships, as one JSON value."""

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, array

from server.kernel.access.principals import USER_ID
from server.subdomains.users import tables

_user, _membership = tables.end_user.c, tables.membership.c

_NONE = func.jsonb_build_array()
_MEMBERSHIPS = (
    select(
        func.jsonb_agg(
            func.jsonb_build_object(
                *("id", _membership.id),
                *("organization_id", _membership.organization_id),
                *("roles", _membership.roles),
                *("features", func.jsonb_build_array(_membership.level)),
                *("is_default", _membership.is_default),
            )
        )
    )
    .where(_membership.user_id == _user.id)
    .scalar_subquery()
)
PRINCIPAL = select(
    cast(
        func.jsonb_build_object(
            *("classification", _user.classification),
            *("status", _user.status),
            *("access", _user.access),
            *("roles", _user.roles),
            *("features", func.array_remove(array([_user.level]), None)),  # guests have none
            *("memberships", func.coalesce(_MEMBERSHIPS, _NONE)),
        ),
        JSONB,
    )
).where(_user.id == USER_ID)
