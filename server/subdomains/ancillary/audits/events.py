"""What happens to audits: they are made, and nothing after that."""

from dataclasses import dataclass
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCreated(DomainEvent):
    """Something that matters for compliance was recorded."""

    name: ClassVar[str] = "audits.audit_created.v1"

    audit_id: str
    organization_id: str | None
    against_id: str | None
    audit_code: str
