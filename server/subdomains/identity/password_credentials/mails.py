"""The mails of registrations and password resets, written from templates that escape whatever people have typed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from server.kernel.database import UnitOfWork
from server.subdomains.ancillary.emails.api import EmailsApi

_TEMPLATES = Path(__file__).parent / "templates"
_REGISTRATION = ("user", "registration")
_AUTHENTICATION = ("user", "authentication", "credential")


class Mails:
    """Queues them. A link bears its secret in the fragment, which reaches no server and no log."""

    def __init__(self, emails: EmailsApi) -> None:
        self._emails = emails
        self._templates = emails.templates(_TEMPLATES)

    def confirm_registration(self, uow: UnitOfWork, *, to: str, name: str, token: str) -> None:
        """Ask the owner of an address to confirm the registration."""
        link = self._link("/confirm-password-registration", token)
        body = self._templates.write("registration_confirmation.html", name=name, link=link)
        subject = f"Welcome to {self._product}"
        self._send(uow, subject, body, ends=(to, name), tags=_REGISTRATION, is_sensitive=True)

    def password_added(self, uow: UnitOfWork, *, to: str, name: str, token: str) -> None:
        """Say that somebody asked to add a password to an account that has none."""
        link = self._link("/confirm-password-registration", token)
        body = self._templates.write("password_added.html", name=name, link=link)
        subject = f"Welcome to {self._product}"
        self._send(uow, subject, body, ends=(to, name), tags=_REGISTRATION, is_sensitive=True)

    def registration_repeated(self, uow: UnitOfWork, *, to: str, name: str) -> None:
        """Say that somebody tried to register an address once more."""
        body = self._templates.write("registration_repeated.html", name=name)
        subject = f"{self._product} Account Registration Attempt"
        self._send(uow, subject, body, ends=(to, name), tags=_REGISTRATION)

    def reset_password(self, uow: UnitOfWork, *, to: str, name: str, token: str) -> None:
        """Let the owner of an address set a password."""
        link = self._link("/confirm-password-reset", token)
        body = self._templates.write("password_reset.html", name=name, link=link)
        subject = f"Reset your {self._product} password"
        self._send(uow, subject, body, ends=(to, name), tags=_AUTHENTICATION, is_sensitive=True)

    def reset_of_nobody(self, uow: UnitOfWork, *, to: str) -> None:
        """Say to whoever owns an address that somebody asked for a password of it, and that it has no account."""
        body = self._templates.write("password_reset_of_nobody.html", name=to)
        subject = f"{self._product} Account Registration Attempt"
        self._send(uow, subject, body, ends=(to, to), tags=_AUTHENTICATION)

    def password_changed(self, uow: UnitOfWork, *, to: str, name: str, at: datetime) -> None:
        """Say that the password was changed, and when."""
        when = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        body = self._templates.write("password_changed.html", name=name, when=when)
        subject = f"Your {self._product} password was changed"
        self._send(uow, subject, body, ends=(to, name), tags=_AUTHENTICATION)

    @property
    def _product(self) -> str:
        return self._emails.product_name

    def _link(self, page: str, token: str) -> str:
        return f"{self._emails.website_base_url}{page}#token={token}"

    def _send(
        self,
        uow: UnitOfWork,
        subject: str,
        body: str,
        *,
        ends: tuple[str, str],
        tags: Sequence[str],
        is_sensitive: bool = False,
    ) -> None:
        address, name = ends
        self._emails.send_html(
            uow,
            subject=subject,
            body=body,
            to_email_address=address,
            to_display_name=name,
            tags=tags,
            is_sensitive=is_sensitive,
        )
