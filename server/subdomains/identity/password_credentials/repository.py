"""How password credentials are stored: all SQL about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Instant
from server.subdomains.identity.password_credentials import tables
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.domain.logins import LockoutRules, LoginMonitor
from server.subdomains.identity.password_credentials.errors import CredentialTaken

_credential = tables.person_credential.c
_CHANGING = (
    "name",
    "password_hash",
    "verification_token_digest",
    "verification_expires_at",
    "verified_at",
    "reset_token_digest",
    "reset_expires_at",
    "is_locked",
    "is_mfa_enabled",
    "mfa_can_be_disabled",
    "version",
)
_TAKEN = {
    "person_credential_email_is_unique": CredentialTaken(),
    "person_credential_user_is_unique": CredentialTaken(),
}

_INSERT = insert(tables.person_credential)
_SAVE = (
    update(tables.person_credential)
    .where(_credential.id == bindparam("credential_id"))
    .values({name: bindparam(name) for name in _CHANGING})
)
_FIND_BY_USER = select(tables.person_credential).where(_credential.user_id == bindparam("user_id"))
_LOCK_BY_USER = _FIND_BY_USER.with_for_update()
_FIND_BY_EMAIL = select(tables.person_credential).where(_credential.email_address == bindparam("email_address"))
_LOCK_BY_EMAIL = _FIND_BY_EMAIL.with_for_update()
_LOCK_BY_VERIFICATION = (
    select(tables.person_credential)
    .where(_credential.verification_token_digest == bindparam("digest"))
    .with_for_update()
)


_monitor = tables.login_monitor.c
# A few at a time, and none that anybody is busy with.
_expired_monitors = (
    select(_monitor.name_digest)
    .where(_monitor.expires_at <= bindparam("now", type_=Instant), _monitor.name_digest != bindparam("kept"))
    .limit(3)
    .with_for_update(skip_locked=True)
)
_FORGET_MONITORS = delete(tables.login_monitor).where(_monitor.name_digest.in_(_expired_monitors))
_new_monitor = insert(tables.login_monitor)
# Setting the key to itself locks the row that is there, and returns it.
_LOCK_MONITOR = (
    _new_monitor.values({column.name: bindparam(column.name, type_=column.type) for column in _monitor})
    .on_conflict_do_update(
        index_elements=[_monitor.name_digest], set_={"name_digest": _new_monitor.excluded.name_digest}
    )
    .returning(tables.login_monitor)
)
_SAVE_MONITOR = (
    update(tables.login_monitor)
    .where(_monitor.name_digest == bindparam("digest"))
    .values({name: bindparam(name) for name in ("failed_attempts", "last_failed_at", "underway", "expires_at")})
)

_new_token = insert(tables.confirmation_token)
_KEEP_TOKEN = _new_token.values(
    credential_id=bindparam("credential_id"), sealed_token=bindparam("sealed_token")
).on_conflict_do_update(
    index_elements=[tables.confirmation_token.c.credential_id],
    set_={"sealed_token": _new_token.excluded.sealed_token},
)
_FORGET_TOKEN = delete(tables.confirmation_token).where(
    tables.confirmation_token.c.credential_id == bindparam("credential_id")
)
_FIND_TOKEN = select(tables.confirmation_token.c.sealed_token).where(
    tables.confirmation_token.c.credential_id == bindparam("credential_id")
)


_FIND_BY_RESET = select(tables.person_credential).where(_credential.reset_token_digest == bindparam("digest"))
_LOCK_BY_RESET = _FIND_BY_RESET.with_for_update()


class CredentialRepository:
    """Credentials, within one transaction. What is found is kept from others until its end."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, credential: PersonCredential) -> None:
        """
        Insert a new credential and publish its events.

        Raises:
            CredentialTaken: At the latest as the transaction ends. The user or the address has one.
        """
        await self._uow.write(_INSERT, _to_row(credential), _TAKEN)
        await self._uow.publish(credential)

    async def save(self, credential: PersonCredential) -> None:
        """Store what has changed of a found credential and publish its events."""
        row = _to_row(credential)
        changed = {name: row[name] for name in _CHANGING}
        await self._uow.write(_SAVE, changed | {"credential_id": credential.id})
        await self._uow.publish(credential)

    async def look_up_by_user(self, user_id: str) -> PersonCredential | None:
        """The credential of a user, not kept from others."""
        return _found(await self._uow.fetch_one(_FIND_BY_USER, {"user_id": user_id}))

    async def find_by_user(self, user_id: str) -> PersonCredential | None:
        """The credential of a user."""
        return _found(await self._uow.fetch_one(_LOCK_BY_USER, {"user_id": user_id}))

    async def look_up_by_email_address(self, email_address: str) -> PersonCredential | None:
        """The credential that was registered with an address, not kept from others."""
        return _found(await self._uow.fetch_one(_FIND_BY_EMAIL, {"email_address": email_address}))

    async def find_by_email_address(self, email_address: str) -> PersonCredential | None:
        """The credential that was registered with an address."""
        return _found(await self._uow.fetch_one(_LOCK_BY_EMAIL, {"email_address": email_address}))

    async def find_by_verification_token(self, digest: bytes) -> PersonCredential | None:
        """The credential whose registration this token confirms."""
        return _found(await self._uow.fetch_one(_LOCK_BY_VERIFICATION, {"digest": digest}))

    async def look_up_by_reset_token(self, digest: bytes) -> PersonCredential | None:
        """The credential whose password this token lets somebody set, not kept from others."""
        return _found(await self._uow.fetch_one(_FIND_BY_RESET, {"digest": digest}))

    async def find_by_reset_token(self, digest: bytes) -> PersonCredential | None:
        """The credential whose password this token lets somebody set."""
        return _found(await self._uow.fetch_one(_LOCK_BY_RESET, {"digest": digest}))


class CredentialReader:
    """Reads of credentials, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find_by_user(self, user_id: str) -> PersonCredential | None:
        """The credential of a user."""
        return _found(await self._reader.fetch_one(_FIND_BY_USER, {"user_id": user_id}))

    async def find_by_reset_token(self, digest: bytes) -> PersonCredential | None:
        """The credential whose password this token lets somebody set."""
        return _found(await self._reader.fetch_one(_FIND_BY_RESET, {"digest": digest}))

    async def find_confirmation_token(self, credential_id: str) -> bytes | None:
        """The sealed token of a pending registration. Testing builds only."""
        row = await self._reader.fetch_one(_FIND_TOKEN, {"credential_id": credential_id})
        return None if row is None else bytes(row.sealed_token)


class LoginMonitorRepository:
    """What is known of attempts to sign in, by name."""

    def __init__(self, uow: UnitOfWork, rules: LockoutRules) -> None:
        self._uow = uow
        self._rules = rules

    async def get(self, name_digest: bytes, now: datetime) -> LoginMonitor:
        """The monitor of a name, a new one if need be; nobody else gets it until the transaction ends."""
        empty: dict[str, Any] = {"failed_attempts": 0, "last_failed_at": None, "underway": {}, "expires_at": now}
        [row] = await self._uow.fetch_all(_LOCK_MONITOR, empty | {"name_digest": name_digest})
        underway = {attempt: datetime.fromisoformat(started_at) for attempt, started_at in row.underway.items()}
        return LoginMonitor(
            name_digest=name_digest,
            failed_attempts=row.failed_attempts,
            last_failed_at=row.last_failed_at,
            underway=underway,
        )

    async def save(self, monitor: LoginMonitor, now: datetime) -> None:
        """Store a monitor."""
        row = {
            "digest": monitor.name_digest,
            "failed_attempts": monitor.failed_attempts,
            "last_failed_at": monitor.last_failed_at,
            "underway": {attempt: started_at.isoformat() for attempt, started_at in monitor.underway.items()},
            "expires_at": monitor.expires_at(self._rules, now),
        }
        await self._uow.write(_SAVE_MONITOR, row)

    async def forget_expired(self, kept: bytes, now: datetime) -> None:
        """Delete some monitors that say nothing any more. As each attempt does so, they cannot pile up."""
        await self._uow.write(_FORGET_MONITORS, {"kept": kept, "now": now})


class ConfirmationTokenRepository:
    """The plain tokens of pending registrations, sealed. Testing builds only: no other has the table."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def keep(self, credential_id: str, sealed_token: bytes) -> None:
        """Keep the latest token of a credential."""
        await self._uow.write(_KEEP_TOKEN, {"credential_id": credential_id, "sealed_token": sealed_token})

    async def forget(self, credential_id: str) -> None:
        """Delete it: it is used up."""
        await self._uow.write(_FORGET_TOKEN, {"credential_id": credential_id})


def _found(row: Any) -> PersonCredential | None:
    if row is None:
        return None
    return PersonCredential(
        id=row.id,
        user_id=row.user_id,
        email_address=row.email_address,
        name=row.name,
        password_hash=row.password_hash,
        created_at=row.created_at,
        verification_token_digest=row.verification_token_digest,
        verification_expires_at=row.verification_expires_at,
        verified_at=row.verified_at,
        reset_token_digest=row.reset_token_digest,
        reset_expires_at=row.reset_expires_at,
        is_locked=row.is_locked,
        is_mfa_enabled=row.is_mfa_enabled,
        mfa_can_be_disabled=row.mfa_can_be_disabled,
        version=row.version,
    )


def _to_row(credential: PersonCredential) -> dict[str, Any]:
    return {
        "id": credential.id,
        "user_id": credential.user_id,
        "email_address": credential.email_address,
        "name": credential.name,
        "password_hash": credential.password_hash,
        "created_at": credential.created_at,
        "verification_token_digest": credential.verification_token_digest,
        "verification_expires_at": credential.verification_expires_at,
        "verified_at": credential.verified_at,
        "reset_token_digest": credential.reset_token_digest,
        "reset_expires_at": credential.reset_expires_at,
        "is_locked": credential.is_locked,
        "is_mfa_enabled": credential.is_mfa_enabled,
        "mfa_can_be_disabled": credential.mfa_can_be_disabled,
        "version": credential.version + len(credential.events),
    }
