"""What is always true of an audit: it says what happened, and never changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.ancillary.audits.errors import AuditMissingCode
from server.subdomains.ancillary.audits.events import AuditCreated

_LONGEST_AGAINST = 100
_ANY_REST = "*"


@dataclass(slots=True, kw_only=True)
class Audit:
    """The aggregate. Made by :meth:`record`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "Audit"

    id: str
    created_at: datetime
    organization_id: str | None
    against_id: str | None
    audit_code: str
    message_template: str
    template_arguments: Sequence[str]
    host_region: str
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def record(
        cls,
        *,
        id: str,
        created_at: datetime,
        organization_id: str | None,
        against_id: str,
        audit_code: str,
        message_template: str,
        template_arguments: Sequence[str],
        host_region: str,
    ) -> "Audit":
        """
        Record that something happened.

        Raises:
            AuditMissingCode: It does not say what.
        """
        if not audit_code.strip():
            raise AuditMissingCode
        audit = cls(
            id=id,
            created_at=created_at,
            organization_id=organization_id,
            against_id=against_id[:_LONGEST_AGAINST] or None,
            audit_code=audit_code,
            message_template=message_template,
            template_arguments=template_arguments,
            host_region=host_region,
        )
        audit.events.append(
            AuditCreated(
                audit_id=id, organization_id=organization_id, against_id=audit.against_id, audit_code=audit_code
            )
        )
        return audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which audits are looked for. ``None`` and an empty text let all through."""

    since_at: datetime
    until_at: datetime | None
    organization_id: str | None
    against_id: str
    audit_code: str
    host_region: str

    @property
    def exact_code(self) -> str | None:
        """The code they have."""
        return None if self.audit_code.endswith(_ANY_REST) else self.audit_code or None

    @property
    def code_prefix(self) -> str | None:
        """What their code begins with."""
        return self.audit_code.removesuffix(_ANY_REST) if self.audit_code.endswith(_ANY_REST) else None
