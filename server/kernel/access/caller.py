"""Who is calling, and for which organization."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from server.kernel.access.roles import Classification, FeatureLevel, PlatformRole, TenantRole
from server.kernel.telemetry import trace_context
from server.kernel.telemetry.trace_context import TraceContext

if TYPE_CHECKING:
    from server.kernel.database.unit_of_work import UnitOfWork
    from server.kernel.telemetry.spans import Span

ANONYMOUS = "user_00000000000000000000000000"
MAINTENANCE = "user_00000000000000000000000001"
WEBHOOK = "user_00000000000000000000000002"
SERVICE_CLIENT = "user_00000000000000000000000003"
SERVICE_ACCOUNTS = frozenset({MAINTENANCE, WEBHOOK, SERVICE_CLIENT})


class Credential(StrEnum):
    """How a caller proved who it is."""

    NONE = "none"
    ACCESS_TOKEN = "access_token"  # a word, not a token
    API_KEY = "api_key"
    SERVICE_TOKEN = "service_token"


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user may do in one organization. Roles are expanded, features too."""

    id: str
    roles: frozenset[TenantRole]
    features: frozenset[FeatureLevel]


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in user as the database has it now."""

    user_id: str
    classification: Classification
    is_registered: bool
    is_suspended: bool
    platform_roles: frozenset[PlatformRole]
    platform_features: frozenset[FeatureLevel]
    memberships: Mapping[str, Membership]
    default_organization_id: str | None
    is_session_live: bool = True


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever makes a call: nobody, a user, or a service account."""

    user_id: str = ANONYMOUS
    credential: Credential = Credential.NONE
    principal: Principal | None = None
    session_id: str | None = None
    auth_time: datetime | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.credential is Credential.NONE

    @property
    def is_service(self) -> bool:
        return self.credential is Credential.SERVICE_TOKEN

    @property
    def is_person(self) -> bool:
        return self.principal is not None and self.principal.classification is Classification.PERSON

    @property
    def default_organization_id(self) -> str | None:
        return self.principal.default_organization_id if self.principal else None

    def membership(self, organization_id: str) -> Membership | None:
        """The caller's membership in an organization."""
        return self.principal.memberships.get(organization_id) if self.principal else None


NOBODY = Caller()
_MAINTENANCE_ACCOUNT = Caller(MAINTENANCE, Credential.SERVICE_TOKEN)


@dataclass(slots=True)
class Call:
    """One call: who makes it, for which organization, and how its log lines are found."""

    caller: Caller
    request_id: str
    method: str = ""
    organization_id: str | None = None
    metadata: Mapping[str, str | bytes] = field(default_factory=dict)
    find_client_address: Callable[[], str] = str
    # Set while the answer of a repeatable call must commit together with its effects (see kernel/rpc/idempotency).
    holds_commit: bool = False
    held: "UnitOfWork | None" = None
    span: "Span | None" = None  # only when its trace is recorded

    @property
    def trace_context(self) -> TraceContext | None:
        """Where in which trace this call is: its own span, or else that of whoever called."""
        if self.span is not None:
            return self.span.context
        header = self.metadata.get(trace_context.HEADER)
        return trace_context.parse(header) if header is not None else None

    @property
    def client_address(self) -> str:
        """The address the call comes from, as the trusted gateway reports it."""
        return self.find_client_address()

    @property
    def user_agent(self) -> str:
        """What the client says it is, cut to 256 characters."""
        return str(self.metadata.get("user-agent", ""))[:256]

    @property
    def organization(self) -> str:
        """The organization of a tenanted call: the one that was checked."""
        if self.organization_id is None:
            raise LookupError(f"{self.method} is not for an organization")
        return self.organization_id


_call: ContextVar[Call] = ContextVar("call")


def current_call() -> Call:
    """
    The call that is being answered.

    Raises:
        LookupError: There is none.
    """
    return _call.get()


def find_current_call() -> Call | None:
    """The call that is being answered, or ``None`` outside any."""
    return _call.get(None)


def set_current_call(call: Call) -> None:
    """Make *call* the current one in this task and those it starts."""
    _call.set(call)


@contextmanager
def as_maintenance() -> Iterator[None]:
    """Within this block the call goes on on the platform's own behalf, whoever made it."""
    call = find_current_call()
    if call is None:
        yield
        return
    maker, call.caller = call.caller, _MAINTENANCE_ACCOUNT
    try:
        yield
    finally:
        call.caller = maker


def service_call(request_id: str, user_id: str = MAINTENANCE, *, traceparent: str | None = None) -> Call:
    """A call that the platform makes on its own behalf."""
    metadata = {trace_context.HEADER: traceparent} if traceparent is not None else {}
    return Call(Caller(user_id=user_id, credential=Credential.SERVICE_TOKEN), request_id, metadata=metadata)
