"""What other subdomains may ask of emails, within their own unit of work."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from server.kernel.database import UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.emails.settings import EmailSettings
from server.subdomains.ancillary.emails.writing import MailTemplates


class EmailsApi:
    """Queues mails from the platform's sender. They are sent after the commit, or never if there is none."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings

    @classmethod
    def of(cls, platform: Platform) -> "EmailsApi":
        return cls(platform.read_settings(EmailSettings))

    @property
    def product_name(self) -> str:
        """The name of the product, for the texts of mails."""
        return self._settings.sender_product_name

    @property
    def website_base_url(self) -> str:
        """Where links in mails lead, without a slash at the end."""
        return self._settings.website_base_url

    def templates(self, folder: Path) -> MailTemplates:
        """What writes the bodies of mails from the templates in *folder*, in the look of every mail."""
        return MailTemplates(folder, product=self.product_name)

    def send_html(
        self,
        uow: UnitOfWork,
        *,
        subject: str,
        body: str,
        to_email_address: str,
        to_display_name: str,
        tags: Sequence[str] = (),
        is_sensitive: bool = False,
    ) -> str:
        """
        Queue a mail and return its message id, which the events of emails bear.

        Set *is_sensitive* when it holds a one-time link or code: it is erased here once it is sent. What comes from
        people must be escaped in *body*, as :meth:`templates` does.
        """
        content = {"Subject": subject, "Body": body, **self._ends(to_email_address, to_display_name, tags)}
        return _queue(uow, {"Html": content}, is_sensitive)

    def send_templated(
        self,
        uow: UnitOfWork,
        *,
        template_id: str,
        substitutions: Mapping[str, str],
        to_email_address: str,
        to_display_name: str,
        subject: str | None = None,
        tags: Sequence[str] = (),
        is_sensitive: bool = False,
    ) -> str:
        """Queue a mail that the gateway makes from one of its templates, and return its message id."""
        content = {
            "TemplateId": template_id,
            "Subject": subject,
            "Substitutions": dict(substitutions),
            **self._ends(to_email_address, to_display_name, tags),
        }
        given = {name: value for name, value in content.items() if value is not None}
        return _queue(uow, {"Template": given}, is_sensitive)

    def _ends(self, to_email_address: str, to_display_name: str, tags: Sequence[str]) -> dict[str, Any]:
        return {
            "ToEmailAddress": to_email_address,
            "ToDisplayName": to_display_name,
            "FromEmailAddress": self._settings.sender_email_address,
            "FromDisplayName": self._settings.sender_display_name,
            "Tags": list(tags),
        }


def _queue(uow: UnitOfWork, body: Mapping[str, Any], is_sensitive: bool) -> str:
    message = Message(Queue.EMAILS, body, is_sensitive=is_sensitive)
    uow.deliver(message)
    return message.id
