"""The use cases of sessions: one public method each, in the order of the contract."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import AccountSuspended, Refusal, RequestIdReused
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.security import tokens as access_tokens
from server.kernel.security.keys import SigningKey
from server.kernel.security.secrets import SecretKeys, digest, random_token
from server.kernel.security.tokens import AccessTokenContent
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.auth_tokens.answers import SealedAnswers
from server.subdomains.identity.auth_tokens.domain import AuthTokens, Client, Lifetimes, SpentToken
from server.subdomains.identity.auth_tokens.errors import (
    NotARegisteredPerson,
    RefreshTokenInvalid,
    SessionNotFound,
)
from server.subdomains.identity.auth_tokens.repository import SessionReader, SessionRepository, session_of
from server.subdomains.identity.auth_tokens.settings import AuthTokensSettings
from server.subdomains.identity.tokens import Tokens
from server.subdomains.users.api import User, UsersApi

SESSION_ORDERING = Ordering(("created_at", "last_used_at", "expires_at"), "last_used_at desc")
_SUSPENDED = "Authentication.Any.Refreshed.Failed.AccountSuspended"


class AuthTokensApplication:
    """What can be done with sessions and their tokens."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        tokens: access_tokens.Tokens,
        secrets: SecretKeys,
        lifetimes: Lifetimes,
        users: UsersApi,
        audits: AuditsApi,
        usages: UsagesApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._sessions = SessionReader(reader)
        self._lists = lists
        self._tokens = tokens
        self._answers = SealedAnswers(secrets)
        self._lifetimes = lifetimes
        self._users = users
        self._audits = audits
        self._usages = usages
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "AuthTokensApplication":
        settings: AuthTokensSettings = platform.read_settings(AuthTokensSettings)
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            lists=platform.lists,
            tokens=platform.tokens,
            secrets=platform.secrets,
            lifetimes=Lifetimes(
                access_token=timedelta(seconds=settings.access_token_ttl_seconds),
                refresh_token=timedelta(seconds=settings.refresh_token_ttl_seconds),
                session=timedelta(seconds=settings.session_max_ttl_seconds),
            ),
            users=UsersApi.of(platform),
            audits=AuditsApi.of(platform),
            usages=UsagesApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def refresh_token(self, *, refresh_token: str, request_id: UUID | None, client: Client) -> Tokens:
        """Exchange a refresh token for new tokens of the same session."""
        async with self._begin() as uow:
            answer = await self._refresh(uow, digest(refresh_token), request_id, client)
        # Refused only now: an audit, and the end of a session whose token was used twice, are to stay.
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def revoke_token(self, *, refresh_token: str) -> None:
        """End the session of its latest refresh token, which may have expired."""
        async with self._begin() as uow:
            sessions = SessionRepository(uow)
            session = await sessions.find_by_refresh_token(digest(refresh_token))
            if session is None or session.revoked_at is not None:
                raise RefreshTokenInvalid
            await sessions.revoke([session], self._now())

    async def list_sessions(self, *, user_id: str, provider: str | None, page: Page) -> Paged:
        """The live sessions of a user."""
        rows = await self._sessions.list_live(user_id, page, provider=provider, now=self._now())
        column = "refresh_token_expires_at" if page.field == "expires_at" else page.field
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, column), row.id))
        return Paged([session_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    async def revoke_session(self, *, user_id: str, session_id: str) -> None:
        """End one of a user's sessions."""
        now = self._now()
        async with self._begin() as uow:
            session = await SessionRepository(uow).find(session_id)
            if session is None or session.user_id != user_id or not session.is_live(now):
                raise SessionNotFound
            await self._end(uow, [session], now)

    async def revoke_other_sessions(self, *, user_id: str, session_id: str | None) -> int:
        """End every session of a user but one, and say how many."""
        now = self._now()
        async with self._begin() as uow:
            live = await SessionRepository(uow).list_live(user_id, now)
            others = [session for session in live if session.id != session_id]
            await self._end(uow, others, now)
        return len(others)

    def published_keys(self) -> Sequence[SigningKey]:
        """The keys that verify access tokens, the one that signs first."""
        return self._tokens.keys.published()

    async def forget_ended_sessions(self) -> int:
        """Delete what nobody can ask for any more. For the worker."""
        async with self._begin() as uow:
            return await SessionRepository(uow).forget_ended(self._now())
        raise AssertionError("unreachable")

    async def issue(
        self, uow: UnitOfWork, *, user: User, amr: Sequence[str], provider: str, auth_time: datetime, client: Client
    ) -> Tokens:
        """Open a session for somebody who has just signed in, within the transaction of the sign-in."""
        if not user.is_registered_person:
            raise NotARegisteredPerson
        # Held until the end: of a sign-in and a suspension at once, one comes first. Either nobody signs in, or the
        # suspension finds the new session and ends it.
        if not await self._users.hold_access(uow, user.id):
            # In a transaction of its own: that of the sign-in is about to be undone.
            async with self._begin(is_step=True) as own:
                self._audit_suspension(own, user.id)
            raise AccountSuspended
        refresh_token = random_token()
        session = AuthTokens.open(
            session_id=self._new_id("session"),
            user_id=user.id,
            refresh_token_digest=digest(refresh_token),
            amr=list(amr),
            provider=provider,
            auth_time=auth_time,
            client=client,
            lifetimes=self._lifetimes,
            now=self._now(),
        )
        await SessionRepository(uow).add(session)
        return self._tokens_of(session, user, refresh_token)

    async def revoke_all(self, uow: UnitOfWork, user_id: str) -> int:
        """End every session of a user, within the transaction of whoever asks."""
        sessions, now = SessionRepository(uow), self._now()
        live = await sessions.list_live(user_id, now)
        await sessions.revoke(live, now)
        return len(live)

    async def _refresh(
        self, uow: UnitOfWork, presented: bytes, request_id: UUID | None, client: Client
    ) -> Tokens | Refusal:
        sessions, now = SessionRepository(uow), self._now()
        session = await sessions.find_by_refresh_token(presented)
        if session is None:
            return await self._meet_again(uow, presented, request_id, now)
        user = await self._users.find_user(uow, session.user_id)
        if user is None or not user.is_registered_person:
            return RefreshTokenInvalid()
        if user.is_suspended:
            self._audit_suspension(uow, user.id)
            return AccountSuspended()
        if not session.is_live(now):
            return RefreshTokenInvalid()
        if request_id is not None and await sessions.has_just_spent(session.id, request_id, now):
            return RequestIdReused()
        refresh_token = random_token()
        session.refresh(refresh_token_digest=digest(refresh_token), client=client, lifetimes=self._lifetimes, now=now)
        tokens = self._tokens_of(session, user, refresh_token)
        answer = self._answers.seal(tokens, presented) if request_id is not None else None
        await sessions.spend(SpentToken(presented, session.id, now, request_id, answer))
        await sessions.save(session)
        self._audits.record(
            uow, "Authentication.Any.Refreshed.Passed", "User {Id} refreshed their tokens", user.id, against=user.id
        )
        self._usages.record(uow, "User Extended Login", AuthProvider=session.provider, UserIdOverride=user.id)
        return tokens

    async def _meet_again(
        self, uow: UnitOfWork, presented: bytes, request_id: UUID | None, now: datetime
    ) -> Tokens | Refusal:
        """A token that is not the latest of any session: a repeat gets its answer again, a reuse ends the session."""
        sessions = SessionRepository(uow)
        spent = await sessions.find_spent(presented)
        session = await sessions.find(spent.session_id) if spent is not None else None
        if spent is None or session is None:
            return RefreshTokenInvalid()
        is_repeat = session.is_live(now) and spent.is_repeated_by(request_id, now)
        if is_repeat and spent.sealed_answer is not None:
            return self._answers.open(spent.sealed_answer, presented)
        if session.revoked_at is None:
            await sessions.revoke([session], now)
        self._audits.record(
            uow,
            "Authentication.Any.Refreshed.Failed.TokenReused",
            "User {Id} presented a refresh token of session {SessionId} that was used before",
            session.user_id,
            session.id,
            against=session.user_id,
        )
        return RefreshTokenInvalid()

    async def _end(self, uow: UnitOfWork, ended: Sequence[AuthTokens], now: datetime) -> None:
        await SessionRepository(uow).revoke(ended, now)
        for session in ended:
            self._audits.record(
                uow,
                "Authentication.Session.Revoked",
                "User {Id} ended session {SessionId}",
                session.user_id,
                session.id,
                against=session.user_id,
            )

    def _audit_suspension(self, uow: UnitOfWork, user_id: str) -> None:
        self._audits.record(uow, _SUSPENDED, "Suspended user {Id} asked for tokens", user_id, against=user_id)

    def _tokens_of(self, session: AuthTokens, user: User, refresh_token: str) -> Tokens:
        content = AccessTokenContent(
            user_id=user.id,
            session_id=session.id,
            auth_time=session.auth_time,
            amr=session.amr,
            roles=[role.value for role in user.roles],
            features=[f"platform_{level.value}" for level in user.features],
        )
        access_token = self._tokens.issue_access_token(
            content, now=session.last_used_at, expires_at=session.access_token_expires_at
        )
        return Tokens(
            user_id=user.id,
            session_id=session.id,
            access_token=access_token,
            access_token_expires_at=session.access_token_expires_at,
            refresh_token=refresh_token,
            refresh_token_expires_at=session.refresh_token_expires_at,
        )
