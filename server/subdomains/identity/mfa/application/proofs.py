"""What follows when somebody has answered with a code, a right one or a wrong one."""

from dataclasses import dataclass, field

from server.kernel.database import UnitOfWork
from server.kernel.errors import Refusal
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.auth_tokens.api import Tokens
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorType, MfaAuthenticator
from server.subdomains.identity.mfa.domain.person_mfa import PersonMfa
from server.subdomains.identity.mfa.errors import MfaCodeInvalid
from server.subdomains.identity.mfa.repository import PersonMfaRepository
from server.subdomains.identity.password_credentials.api import PasswordCredentialsApi

_AUDIT = "Authentication.Password.Mfa."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody answers for an authenticator of a kind: a code, and the handle of one that was sent."""

    kind: AuthenticatorType
    code: str = field(repr=False)
    oob_code: str | None = field(default=None, repr=False)


class Proofs:
    """Audits and stores what was answered, and opens the session of whoever signs in by it."""

    def __init__(self, *, credentials: PasswordCredentialsApi, audits: AuditsApi, usages: UsagesApi) -> None:
        self._credentials = credentials
        self._audits = audits
        self._usages = usages

    @classmethod
    def of(cls, platform: Platform) -> "Proofs":
        return cls(
            credentials=PasswordCredentialsApi.of(platform),
            audits=AuditsApi.of(platform),
            usages=UsagesApi.of(platform),
        )

    async def find_refusal(self, uow: UnitOfWork, user_id: str) -> Refusal | None:
        """Why nobody may prove anything for this user now. It is audited: commit before you refuse."""
        return await self._credentials.find_refusal(uow, user_id)

    async def accept(self, uow: UnitOfWork, person: PersonMfa, authenticator: MfaAuthenticator) -> None:
        """The code was right."""
        template = "User {Id} gave a right code of a second factor"
        self._audits.record(uow, _AUDIT + "Passed", template, person.user_id, against=person.user_id)
        self._usages.record(uow, "User 2FA Login", Id=person.user_id, MfaAuthenticatorType=authenticator.type.value)
        await self._people(uow).save(person)

    async def sign_in(self, uow: UnitOfWork, person: PersonMfa, authenticator: MfaAuthenticator) -> Tokens:
        """The code was right, and was all that was missing to a session."""
        person.end_sign_in()
        await self.accept(uow, person, authenticator)
        amr = ["pwd", authenticator.type.amr, "mfa"]
        return await self._credentials.complete_sign_in(uow, person.user_id, amr)

    async def refuse(self, uow: UnitOfWork, person: PersonMfa) -> MfaCodeInvalid:
        """The code was wrong. What this returns is raised once that is committed."""
        template = "User {Id} gave a wrong code of a second factor"
        self._audits.record(uow, _AUDIT + "Failed.InvalidMfa", template, person.user_id, against=person.user_id)
        await self._people(uow).save(person)
        return MfaCodeInvalid()

    async def refuse_sign_in(self, uow: UnitOfWork, person: PersonMfa) -> MfaCodeInvalid:
        """The code was wrong, and counts as a wrong password. Too many void the token."""
        person.count_wrong_answer()
        await self._credentials.count_wrong_code(uow, person.user_id)
        return await self.refuse(uow, person)

    def _people(self, uow: UnitOfWork) -> PersonMfaRepository:
        return PersonMfaRepository(uow)
