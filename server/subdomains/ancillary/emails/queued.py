"""Reads queued mails: what they must say, and how."""

from dataclasses import dataclass

from server.kernel import values
from server.kernel.deliveries.envelope import Members, Received
from server.subdomains.ancillary.dispatch import InvalidTag, is_tag
from server.subdomains.ancillary.emails.domain import EmailContentType, EmailDetails
from server.subdomains.ancillary.emails.errors import (
    EmailAmbiguousMessage,
    EmailMissingBody,
    EmailMissingMessage,
    EmailMissingSubject,
    EmailMissingTemplateId,
    InvalidDisplayName,
    InvalidEmailAddress,
)
from server.subdomains.ancillary.emails.ports import Html, Mail, Party, Template


@dataclass(frozen=True, slots=True)
class QueuedEmail:
    """A mail that somebody wants to be sent."""

    organization_id: str | None
    is_sensitive: bool
    mail: Mail

    @property
    def details(self) -> EmailDetails:
        """What is kept of it."""
        content = self.mail.content
        is_html = isinstance(content, Html)
        return EmailDetails(
            content_type=EmailContentType.HTML if is_html else EmailContentType.TEMPLATED,
            subject=content.subject,
            body=content.body if isinstance(content, Html) else "",
            template_id=None if isinstance(content, Html) else content.template_id,
            substitutions={} if isinstance(content, Html) else content.substitutions,
            to_email_address=self.mail.recipient.email_address,
            to_display_name=self.mail.recipient.display_name,
            tags=list(self.mail.tags),
        )


def read_email(message: Received) -> QueuedEmail:
    """
    Read a queued mail.

    Raises:
        EmailMissingMessage, EmailAmbiguousMessage: It is not exactly one of html and template.
        InvalidEmailAddress, InvalidDisplayName: Sender or recipient are not well said.
        EmailMissingSubject, EmailMissingBody, EmailMissingTemplateId: Its content lacks it.
        InvalidTag: A tag is none.
    """
    html, template = message.body.members("Html"), message.body.members("Template")
    if html is not None and template is not None:
        raise EmailAmbiguousMessage
    given = html or template
    if given is None:
        raise EmailMissingMessage
    assert message.message_id is not None, "deliver_each sees to it"
    mail = Mail(
        message_id=message.message_id,
        sender=_party(given, "From"),
        recipient=_party(given, "To"),
        content=_template(given) if html is None else _html(given),
        tags=_tags(given),
    )
    return QueuedEmail(message.organization_id, message.is_sensitive, mail)


def _party(given: Members, end: str) -> Party:
    email_address = values.email(given.text(f"{end}EmailAddress"))
    if email_address is None:
        raise InvalidEmailAddress
    display_name = given.text(f"{end}DisplayName").strip()
    if not display_name:
        raise InvalidDisplayName
    return Party(email_address, display_name)


def _html(given: Members) -> Html:
    subject, body = given.text("Subject"), given.text("Body")
    if not subject.strip():
        raise EmailMissingSubject
    if not body.strip():
        raise EmailMissingBody
    return Html(subject, body)


def _template(given: Members) -> Template:
    template_id = given.text("TemplateId")
    if not template_id.strip():
        raise EmailMissingTemplateId
    return Template(template_id, given.text("Subject"), given.text_map("Substitutions"))


def _tags(given: Members) -> list[str]:
    tags = given.texts("Tags")
    if not all(is_tag(tag) for tag in tags):
        raise InvalidTag
    return tags
