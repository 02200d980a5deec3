"""How single sign-on is stored: all SQL about it."""

import base64
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, true, update

from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Instant
from server.kernel.security.secrets import SecretKeys, Unreadable
from server.subdomains.identity.single_sign_on import tables
from server.subdomains.identity.single_sign_on.domain.flow import SsoFlow
from server.subdomains.identity.single_sign_on.domain.provider_tokens import (
    ProviderAuthTokens,
    ProviderToken,
    TokenType,
)
from server.subdomains.identity.single_sign_on.domain.sso_user import Details, SsoUser
from server.subdomains.identity.single_sign_on.errors import SsoUserTaken

log = logging.getLogger(__name__)

_flow, _user, _tokens = tables.sso_flow.c, tables.sso_user.c, tables.provider_auth_tokens.c
_DETAILS = ("email_address", "email_verified", "first_name", "last_name", "timezone", "locale", "country_code")
_TAKEN = {
    "sso_user_account_is_unique": SsoUserTaken(),
    "sso_user_has_one_account_at_a_provider": SsoUserTaken(),
    "provider_auth_tokens_are_one_set_at_a_provider": SsoUserTaken(),
}

_ADD_FLOW = insert(tables.sso_flow)
# Of several attempts to finish one sign-in, one gets the row.
_USE_FLOW = (
    update(tables.sso_flow)
    .where(_flow.state_digest == bindparam("digest"), _flow.used_at.is_(None))
    .values(used_at=bindparam("now"))
    .returning(*[column for column in _flow if column is not _flow.used_at])
)
_expired = (
    select(_flow.id)
    .where(_flow.expires_at <= bindparam("now", type_=Instant))
    .limit(1000)
    .with_for_update(skip_locked=True)
)
_FORGET_FLOWS = delete(tables.sso_flow).where(_flow.id.in_(_expired))

_ADD_USER = insert(tables.sso_user)
_LOCK_BY_ACCOUNT = (
    select(tables.sso_user)
    .where(_user.issuer == bindparam("issuer"), _user.subject == bindparam("subject"))
    .with_for_update()
)
_FIND_AT_PROVIDER = select(tables.sso_user).where(
    _user.user_id == bindparam("user_id"), _user.provider_name == bindparam("provider_name")
)
_SAVE_USER = (
    update(tables.sso_user)
    .where(_user.id == bindparam("sso_user_id"))
    .values({name: bindparam(name) for name in (*_DETAILS, "version")})
)
_VERIFIED_ADDRESSES = (
    select(_user.email_address)
    .where(_user.user_id == bindparam("user_id"), _user.email_verified == true())
    .distinct()
    .order_by(_user.email_address)
)

_ADD_TOKENS = insert(tables.provider_auth_tokens)
_LOCK_TOKENS = (
    select(tables.provider_auth_tokens)
    .where(_tokens.user_id == bindparam("user_id"), _tokens.provider_name == bindparam("provider_name"))
    .with_for_update()
)
_SAVE_TOKENS = (
    update(tables.provider_auth_tokens)
    .where(_tokens.id == bindparam("tokens_id"))
    .values(tokens=bindparam("tokens"), version=bindparam("version"))
)
# Of accounts only: tokens of somebody who is not linked any more are nobody's.
_LIST_TOKENS = (
    select(tables.provider_auth_tokens)
    .join_from(
        tables.provider_auth_tokens,
        tables.sso_user,
        (_user.user_id == _tokens.user_id) & (_user.provider_name == _tokens.provider_name),
    )
    .where(_tokens.user_id == bindparam("user_id"))
    .order_by(_tokens.provider_name)
)


class FlowRepository:
    """Started sign-ins, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, flow: SsoFlow) -> None:
        """Insert a started sign-in."""
        row = {column.name: getattr(flow, column.name) for column in _flow if column is not _flow.used_at}
        await self._uow.write(_ADD_FLOW, row | {"used_at": None})

    async def use_up(self, state_digest: bytes, now: datetime) -> SsoFlow | None:
        """The sign-in with this state, which nobody can finish after this; nothing if that has been tried already."""
        row = await self._uow.fetch_one(_USE_FLOW, {"digest": state_digest, "now": now})
        return None if row is None else SsoFlow(**{name: getattr(row, name) for name in SsoFlow.__slots__})

    async def forget_expired(self, now: datetime) -> int:
        """Delete sign-ins that can no longer be finished."""
        return await self._uow.execute(_FORGET_FLOWS, {"now": now})


class SsoUserRepository:
    """Accounts at providers, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def find_by_account(self, issuer: str, subject: str) -> SsoUser | None:
        """The account, kept from others until the end of the transaction."""
        row = await self._uow.fetch_one(_LOCK_BY_ACCOUNT, {"issuer": issuer, "subject": subject})
        return None if row is None else _user_of(row)

    async def find_at_provider(self, user_id: str, provider_name: str) -> SsoUser | None:
        """The account of a user at a provider."""
        row = await self._uow.fetch_one(_FIND_AT_PROVIDER, {"user_id": user_id, "provider_name": provider_name})
        return None if row is None else _user_of(row)

    async def add(self, user: SsoUser) -> None:
        """
        Insert an account and publish its events.

        Raises:
            SsoUserTaken: At the latest as the transaction ends. It is linked already, or the user has another one.
        """
        names = ("id", "provider_name", "user_id", "issuer", "subject")
        row = {name: getattr(user, name) for name in names} | _changes_of(user)
        await self._uow.write(_ADD_USER, row, _TAKEN)
        await self._uow.publish(user)

    async def save(self, user: SsoUser) -> None:
        """Store what has changed of a found account and publish its events."""
        if user.events:
            await self._uow.write(_SAVE_USER, _changes_of(user) | {"sso_user_id": user.id})
            await self._uow.publish(user)

    async def verified_addresses(self, user_id: str) -> list[str]:
        """The addresses of a user that providers have verified."""
        rows = await self._uow.fetch_all(_VERIFIED_ADDRESSES, {"user_id": user_id})
        return [row.email_address for row in rows]


class ProviderTokensRepository:
    """The tokens of providers, within one transaction. They are sealed, each for its row and its type."""

    def __init__(self, uow: UnitOfWork, secrets: SecretKeys) -> None:
        self._uow = uow
        self._secrets = secrets

    async def find(self, user_id: str, provider_name: str) -> ProviderAuthTokens | None:
        """The tokens of a user at a provider, kept from others until the end of the transaction."""
        row = await self._uow.fetch_one(_LOCK_TOKENS, {"user_id": user_id, "provider_name": provider_name})
        return None if row is None else _tokens_of(row, self._secrets)

    async def add(self, tokens: ProviderAuthTokens) -> None:
        """
        Insert tokens and publish their events.

        Raises:
            SsoUserTaken: At the latest as the transaction ends. The user has tokens of the provider.
        """
        row = {"id": tokens.id, "provider_name": tokens.provider_name, "user_id": tokens.user_id}
        await self._uow.write(_ADD_TOKENS, row | self._changes_of(tokens), _TAKEN)
        await self._uow.publish(tokens)

    async def save(self, tokens: ProviderAuthTokens) -> None:
        """Store found tokens that have changed and publish their events."""
        await self._uow.write(_SAVE_TOKENS, self._changes_of(tokens) | {"tokens_id": tokens.id})
        await self._uow.publish(tokens)

    def _changes_of(self, tokens: ProviderAuthTokens) -> dict[str, Any]:
        sealed = [
            {
                "type": token.type.value,
                "value": base64.b64encode(
                    self._secrets.seal(_purpose(token.type), token.value.encode(), tokens.id.encode())
                ).decode(),
                "expires_at": token.expires_at.isoformat() if token.expires_at is not None else None,
            }
            for token in tokens.tokens
        ]
        return {"tokens": sealed, "version": tokens.version + len(tokens.events)}


class ProviderTokensReader:
    """Reads of tokens, one round trip each."""

    def __init__(self, reader: Reader, secrets: SecretKeys) -> None:
        self._reader = reader
        self._secrets = secrets

    async def list_of(self, user_id: str) -> Sequence[ProviderAuthTokens]:
        """The tokens of a user at every provider where the user has an account, by the providers' names."""
        rows = await self._reader.fetch_all(_LIST_TOKENS, {"user_id": user_id})
        return [_tokens_of(row, self._secrets) for row in rows]


def _purpose(kind: TokenType) -> str:
    return f"provider-token:{kind.value}"


def _user_of(row: Any) -> SsoUser:
    return SsoUser(
        id=row.id,
        provider_name=row.provider_name,
        user_id=row.user_id,
        issuer=row.issuer,
        subject=row.subject,
        details=Details(**{name: getattr(row, name) for name in _DETAILS}),
        version=row.version,
    )


def _changes_of(user: SsoUser) -> dict[str, Any]:
    return {name: getattr(user.details, name) for name in _DETAILS} | {"version": user.version + len(user.events)}


def _tokens_of(row: Any, secrets: SecretKeys) -> ProviderAuthTokens:
    tokens = []
    for each in row.tokens:
        kind = TokenType(each["type"])
        try:
            value = secrets.open(_purpose(kind), base64.b64decode(each["value"]), row.id.encode()).decode()
        except Unreadable:
            # Its key is gone, say. Nobody must be kept from signing in, which brings new ones.
            log.warning("a token of a provider cannot be read", extra={"id": row.id, "kind": kind.value})
            continue
        expires_at = datetime.fromisoformat(each["expires_at"]) if each["expires_at"] is not None else None
        tokens.append(ProviderToken(kind, value, expires_at))
    return ProviderAuthTokens(
        id=row.id, provider_name=row.provider_name, user_id=row.user_id, tokens=tokens, version=row.version
    )
