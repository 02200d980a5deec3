"""Rows of users and memberships, and what they stand for."""

from collections.abc import Sequence
from typing import Any

from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.domain.guest_invitation import GuestInvitation
from server.subdomains.users.domain.membership import Membership


def user_to_row(user: EndUser) -> dict[str, Any]:
    """The row of a user, its new events counted in."""
    invitation = user.invitation
    return {
        "id": user.id,
        "created_at": user.created_at,
        "classification": user.classification,
        "status": user.status,
        "access": user.access,
        "is_registered_anonymously": user.is_registered_anonymously,
        "host_region": user.host_region,
        "email_address": user.email_address,
        "roles": user.roles,
        "level": user.level,
        "invitation_token_digest": invitation.token_digest if invitation else None,
        "invitee_email": invitation.invitee_email if invitation else None,
        "invited_by_id": invitation.invited_by_id if invitation else None,
        "invited_at": invitation.invited_at if invitation else None,
        "invitation_expires_at": invitation.expires_at if invitation else None,
        "accepted_email": invitation.accepted_email if invitation else None,
        "accepted_at": invitation.accepted_at if invitation else None,
        "version": user.version + len(user.events),
    }


def user_of(row: Any) -> EndUser:
    """The user that a row stands for, its memberships yet to come."""
    return EndUser(
        id=row.id,
        classification=row.classification,
        created_at=row.created_at,
        host_region=row.host_region,
        status=row.status,
        access=row.access,
        is_registered_anonymously=row.is_registered_anonymously,
        email_address=row.email_address,
        roles=row.roles,
        level=row.level,
        invitation=_invitation_of(row) if row.invitee_email is not None else None,
        version=row.version,
    )


def user_of_joined(rows: Sequence[Any]) -> EndUser:
    """The user that stands in each row, next to one of its memberships (``membership_…``) or to none."""
    user = user_of(rows[0])
    user.memberships = [_joined_membership_of(row) for row in rows if row.membership_id is not None]
    return user


def membership_to_row(membership: Membership) -> dict[str, Any]:
    """The row of a membership."""
    return {
        "id": membership.id,
        "user_id": membership.user_id,
        "organization_id": membership.organization_id,
        "ownership": membership.ownership,
        "is_default": membership.is_default,
        "roles": membership.roles,
        "level": membership.level,
        "created_at": membership.created_at,
    }


def membership_of(row: Any) -> Membership:
    """The membership that a row stands for."""
    return Membership(
        id=row.id,
        user_id=row.user_id,
        organization_id=row.organization_id,
        ownership=row.ownership,
        is_default=row.is_default,
        roles=row.roles,
        level=row.level,
        created_at=row.created_at,
    )


def _joined_membership_of(row: Any) -> Membership:
    return Membership(
        id=row.membership_id,
        user_id=row.membership_user_id,
        organization_id=row.membership_organization_id,
        ownership=row.membership_ownership,
        is_default=row.membership_is_default,
        roles=row.membership_roles,
        level=row.membership_level,
        created_at=row.membership_created_at,
    )


def _invitation_of(row: Any) -> GuestInvitation:
    return GuestInvitation(
        token_digest=row.invitation_token_digest,
        invitee_email=row.invitee_email,
        invited_by_id=row.invited_by_id,
        invited_at=row.invited_at,
        expires_at=row.invitation_expires_at,
        accepted_email=row.accepted_email,
        accepted_at=row.accepted_at,
    )
