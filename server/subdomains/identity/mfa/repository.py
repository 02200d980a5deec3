"""How second factors are stored: all SQL about them."""

from typing import Any

from sqlalchemy import any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id
from server.subdomains.identity.mfa import tables
from server.subdomains.identity.mfa.domain.authenticator import MfaAuthenticator, SentCode
from server.subdomains.identity.mfa.domain.pending import PendingSignIn
from server.subdomains.identity.mfa.domain.person_mfa import PersonMfa

_person, _authenticator = tables.person_mfa.c, tables.authenticator.c
_FIND = select(tables.person_mfa).where(_person.credential_id == bindparam("credential_id"))
_LOCK = _FIND.with_for_update()
_FIND_USER_BY_TOKEN = select(_person.user_id).where(_person.token_digest == bindparam("digest"))
_FIND_AUTHENTICATORS = (
    select(tables.authenticator)
    .where(_authenticator.credential_id == bindparam("credential_id"))
    .order_by(_authenticator.created_at, _authenticator.id)
)
_new_person = insert(tables.person_mfa)
_SAVE = _new_person.values({column.name: bindparam(column.name) for column in _person}).on_conflict_do_update(
    index_elements=[_person.credential_id],
    set_={
        name: _new_person.excluded[name]
        for name in ("token_digest", "token_expires_at", "wrong_answers", "sends", "version")
    },
)
_new_authenticator = insert(tables.authenticator)
_SAVE_AUTHENTICATOR = _new_authenticator.values(
    {column.name: bindparam(column.name) for column in _authenticator}
).on_conflict_do_update(
    index_elements=[_authenticator.id],
    set_={
        column.name: _new_authenticator.excluded[column.name]
        for column in _authenticator
        if column.name not in ("id", "credential_id", "type", "created_at")
    },
)
_REMOVE = delete(tables.authenticator).where(_authenticator.id == any_(bindparam("ids", type_=ARRAY(Id("mfaauth")))))
_FORGET_SIGN_IN = (
    update(tables.person_mfa)
    .where(_person.user_id == bindparam("of_user", type_=Id("user")), _person.token_digest.is_not(None))
    .values(token_digest=None, token_expires_at=None)
)


class PersonMfaRepository:
    """The second factors of persons, within one transaction. Whoever loads them has locked the credential before."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def get(self, credential_id: str, user_id: str) -> PersonMfa:
        """The second factors that belong to a credential, an empty set if need be; nobody else gets them meanwhile."""
        row = await self._uow.fetch_one(_LOCK, {"credential_id": credential_id})
        if row is None:
            return PersonMfa(id=credential_id, user_id=user_id)
        return _person_of(row, await self._uow.fetch_all(_FIND_AUTHENTICATORS, {"credential_id": credential_id}))

    async def save(self, person: PersonMfa) -> None:
        """Store what has changed and publish the events."""
        await self._uow.write(_SAVE, _to_row(person))
        for each in person.changed.values():
            await self._uow.write(_SAVE_AUTHENTICATOR, _authenticator_to_row(person.id, each))
        if person.removed:
            await self._uow.write(_REMOVE, {"ids": person.removed})
        await self._uow.publish(person)

    async def forget_sign_in(self, user_id: str) -> None:
        """Let a token of a user that is pending be good for nothing any more."""
        await self._uow.write(_FORGET_SIGN_IN, {"of_user": user_id})


class PersonMfaReader:
    """Reads of second factors, outside any transaction."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find_user_by_token(self, digest: bytes) -> str | None:
        """Whose sign-in waits for whoever has this token."""
        row = await self._reader.fetch_one(_FIND_USER_BY_TOKEN, {"digest": digest})
        return None if row is None else str(row.user_id)

    async def get(self, credential_id: str, user_id: str) -> PersonMfa:
        """The second factors that belong to a credential."""
        row = await self._reader.fetch_one(_FIND, {"credential_id": credential_id})
        if row is None:
            return PersonMfa(id=credential_id, user_id=user_id)
        found = await self._reader.fetch_all(_FIND_AUTHENTICATORS, {"credential_id": credential_id})
        return _person_of(row, found)


def _person_of(row: Any, authenticators: list[Any]) -> PersonMfa:
    pending = None
    if row.token_digest is not None:
        pending = PendingSignIn(
            token_digest=row.token_digest,
            expires_at=row.token_expires_at,
            wrong_answers=row.wrong_answers,
            sends=row.sends,
        )
    return PersonMfa(
        id=row.credential_id,
        user_id=row.user_id,
        pending=pending,
        authenticators=[_authenticator_of(each) for each in authenticators],
        version=row.version,
    )


def _authenticator_of(row: Any) -> MfaAuthenticator:
    sent = None if row.code_digest is None else SentCode(row.code_digest, row.handle_digest, row.code_expires_at)
    return MfaAuthenticator(
        id=row.id,
        type=row.type,
        state=row.state,
        created_at=row.created_at,
        sealed_channel=row.sealed_channel,
        sent_code=sent,
        sealed_totp_secret=row.sealed_totp_secret,
        last_step=row.last_step,
        recovery_digests=list(row.recovery_digests),
        wrong_codes=row.wrong_codes,
    )


def _to_row(person: PersonMfa) -> dict[str, Any]:
    pending = person.pending
    return {
        "credential_id": person.id,
        "user_id": person.user_id,
        "token_digest": None if pending is None else pending.token_digest,
        "token_expires_at": None if pending is None else pending.expires_at,
        "wrong_answers": 0 if pending is None else pending.wrong_answers,
        "sends": 0 if pending is None else pending.sends,
        "version": person.version + len(person.events),
    }


def _authenticator_to_row(credential_id: str, authenticator: MfaAuthenticator) -> dict[str, Any]:
    sent = authenticator.sent_code
    return {
        "id": authenticator.id,
        "credential_id": credential_id,
        "type": authenticator.type,
        "state": authenticator.state,
        "created_at": authenticator.created_at,
        "sealed_channel": authenticator.sealed_channel,
        "code_digest": None if sent is None else sent.digest,
        "handle_digest": None if sent is None else sent.handle_digest,
        "code_expires_at": None if sent is None else sent.expires_at,
        "sealed_totp_secret": authenticator.sealed_totp_secret,
        "last_step": authenticator.last_step,
        "recovery_digests": authenticator.recovery_digests,
        "wrong_codes": authenticator.wrong_codes,
    }
