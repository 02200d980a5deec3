"""Sends codes: by SMS, and by mails that are written from a template."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.errors import RateLimited
from server.kernel.quotas import Quotas
from server.kernel.security.secrets import digest, random_token
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.api import EmailsApi
from server.subdomains.ancillary.sms.api import SmsApi
from server.subdomains.identity.mfa.codes import Codes
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorType, MfaAuthenticator, SentCode
from server.subdomains.identity.mfa.domain.pending import MOST_SENDS
from server.subdomains.identity.mfa.domain.person_mfa import PersonMfa
from server.subdomains.identity.mfa.errors import MfaSendLimit
from server.subdomains.identity.mfa.settings import MfaSettings

_TEMPLATES = Path(__file__).parent / "templates"
_TAGS = ("user", "authentication", "mfa")
_PAGE = "/confirm-password-mfaoob"  # bears the code in the fragment, which reaches no server and no log
_WINDOW_OF_USER = timedelta(minutes=10)
_WINDOW_OF_CHANNEL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """A code that is on its way, and the handle that its asker gets meanwhile."""

    handle: str = field(repr=False)
    code: SentCode


class CodeSender:
    """Queues messages with codes, within limits."""

    def __init__(
        self, *, codes: Codes, emails: EmailsApi, sms: SmsApi, quotas: Quotas, most_per_hour: int, now: Clock
    ) -> None:
        self._codes = codes
        self._emails = emails
        self._templates = emails.templates(_TEMPLATES)
        self._sms = sms
        self._quotas = quotas
        self._most_per_hour = most_per_hour
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "CodeSender":
        most: int | None = platform.read_settings(MfaSettings).mfa_codes_per_hour
        return cls(
            codes=Codes(platform.secrets),
            emails=EmailsApi.of(platform),
            sms=SmsApi.of(platform),
            quotas=platform.quotas,
            most_per_hour=most if most is not None else (0 if platform.is_testing else 20),
            now=platform.clock,
        )

    async def send(
        self,
        uow: UnitOfWork,
        person: PersonMfa,
        authenticator: MfaAuthenticator,
        *,
        is_signed_in: bool,
        channel: str,
        name: str | None,
    ) -> Sent:
        """
        Send a code for an authenticator to a number, or to an address.

        Raises:
            MfaSendLimit: It is one too many for the sign-in, or for somebody who is signed in.
            RateLimited: It is one too many for the number or the address, whoever asked for the others.
        """
        if is_signed_in:
            await self._count_for_user(uow, person.user_id)
        elif person.pending is not None:
            person.pending.count_send(self._now())
        await self._count_for_channel(uow, channel)
        code, handle = self._codes.new_oob_code(), random_token()
        if authenticator.type is AuthenticatorType.OOB_SMS:
            text = f"Use verification code {code} to sign in to {self._emails.product_name}."
            self._sms.send(uow, body=text, to_phone_number=channel, tags=_TAGS, is_sensitive=True)
        else:
            self._mail(uow, channel, name or channel, code)
        return Sent(handle, SentCode.sent(self._codes.sign(authenticator, code), digest(handle), self._now()))

    async def _count_for_user(self, uow: UnitOfWork, user_id: str) -> None:
        if not await self._quotas.admit(uow, "mfa-user", user_id, most=MOST_SENDS, within=_WINDOW_OF_USER):
            raise MfaSendLimit(retry_after=_WINDOW_OF_USER.total_seconds())

    async def _count_for_channel(self, uow: UnitOfWork, channel: str) -> None:
        most, within = self._most_per_hour, _WINDOW_OF_CHANNEL
        if not await self._quotas.admit(uow, "mfa-channel", channel, most=most, within=within):
            raise RateLimited(retry_after=within.total_seconds())

    def _mail(self, uow: UnitOfWork, address: str, name: str, code: str) -> None:
        link = f"{self._emails.website_base_url}{_PAGE}#code={code}"
        self._emails.send_html(
            uow,
            subject=f"Welcome to {self._emails.product_name}",
            body=self._templates.write("verification_code.html", name=name, code=code, link=link),
            to_email_address=address,
            to_display_name=name,
            tags=_TAGS,
            is_sensitive=True,
        )
