"""
Secrets do not leak: what is sent in the fields of sign-in operations and what they hand out is in no log and no table.

Everything happens once, in :func:`traces`: secrets are sent rightly and wrongly, natively, by REST, and where they do
not belong. Then all that is left behind is searched.
"""

import logging
import os
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from server.subdomains.identity.single_sign_on.api import SingleSignOnApi
from tests.everything.calls import call_by_rest, call_natively, rest_request, send
from tests.everything.operations import OPERATIONS, Operation
from tests.everything.people import People, Person, metadata_of
from tests.everything.providers import PROVIDER
from tests.everything.requests import assign, fields_of, rules_of
from tests.everything.rows import contents
from tests.everything.second_factors import SecondFactors
from tests.everything.spoiled import LONG
from tests.everything.world import Ways, World, gathered, standing_gateway
from tests.single_sign_on.clients import SsoClient
from tests.single_sign_on.issuer import Issuer

# They stand for the outside world: whoever gets a mail or an SMS gets the link or the code in it.
OUTSIDE = {"emails.captured_mail", "sms.captured_sms"}
SIGN_IN = [
    found
    for found in OPERATIONS
    if any(each.GetOptions().debug_redact and not each.is_repeated for each in found.request.DESCRIPTOR.fields)
]


@dataclass
class Traces:
    """What was secret, and everything that was left behind."""

    sent: list[str] = field(default_factory=list)
    handed_out: list[str] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    gateway_log: str = ""
    rows: dict[str, list[str]] = field(default_factory=dict)

    def new(self) -> str:
        """A secret of the form that most fields ask for."""
        self.sent.append(f"canary{secrets.token_hex(32)}"[:43])
        return self.sent[-1]


class Everything(logging.Handler):
    """Keeps every record with all that it carries."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{self.format(record)} {vars(record)}")


@contextmanager
def standard_output_in(path: Path) -> Iterator[None]:
    """What processes that start meanwhile write to their standard output goes to a file, for as long as they run."""
    kept, file = os.dup(1), os.open(path, os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(file)


@pytest_asyncio.fixture(scope="session")
async def traces(world: World, run_folder: Path, issuer: Issuer) -> AsyncIterator[Traces]:
    found, output = Traces(), run_folder / "gateway.log"
    handler, root = Everything(found.log), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    standing = standing_gateway(world.running.port, run_folder / "watched")
    with standard_output_in(output):
        ways = await standing.__aenter__()
    await sign_up_and_in(world, found)
    await use_api_keys(world, ways, found)
    await sign_in_by_a_provider(SsoClient(world.running, PROVIDER, issuer), found)
    for operation in SIGN_IN:
        await misuse(world, ways, operation, found)
    await deliver(world)
    await standing.__aexit__(None, None, None)
    root.removeHandler(handler)
    root.setLevel(level)
    found.handed_out += [
        value.removeprefix("Bearer ")
        for each in world.callers.values()
        for _, value in each.metadata
        if len(value) >= 85  # of an API key, the shortest that is handed out
    ]
    found.gateway_log = output.read_text()
    found.rows = await contents(world.running)
    yield found


async def test_there_is_something_to_search(traces: Traces) -> None:
    assert {"AuthenticateCredential", "RegisterPerson", "RefreshToken"} <= {found.name for found in SIGN_IN}
    assert len(traces.sent) > 50
    assert len(traces.handed_out) >= 25
    assert any("INVALID_CREDENTIALS" in line for line in traces.log)
    assert "/credentials/auth" in traces.gateway_log
    assert sum(map(len, traces.rows.values())) > 100


async def test_no_secret_is_in_a_table(traces: Traces) -> None:
    everything = {name: "\n".join(rows) for name, rows in traces.rows.items() if name not in OUTSIDE}
    forms = {form for secret in traces.sent + traces.handed_out for form in written_forms(secret)}
    assert [(name, form) for name, text in everything.items() for form in forms if form in text] == []


async def test_no_secret_is_in_a_log(traces: Traces) -> None:
    log = "\n".join([*traces.log, traces.gateway_log])
    assert [secret for secret in traces.sent + traces.handed_out if secret in log] == []


async def test_no_secret_comes_back_in_an_error(traces: Traces) -> None:
    everything = b"\n".join(traces.errors)
    assert [secret for secret in traces.sent if secret.encode() in everything] == []


def written_forms(secret: str) -> list[str]:
    """How a secret might stand in a row: as it is, as bytes, in base64."""
    return [secret, secret.encode().hex(), b64encode(secret.encode()).decode().rstrip("=")]


async def sign_up_and_in(world: World, traces: Traces) -> None:
    """The whole path as it is meant to be, each call twice with one request_id."""
    people = People(world.running, password=traces.new())
    username, _, token = await people.register(request_id=str(uuid4()))
    await people.confirm(token)
    tokens = await people.sign_in(username, request_id=str(uuid4()))
    person = Person(username, tokens)
    renewed = await people.refresh(person, request_id=str(uuid4()))
    factors = SecondFactors(world.running)
    begun = await factors.associate(await factors.person())
    await factors.confirm(begun)
    traces.handed_out += [
        token,
        begun.mfa_token,
        begun.secret,
        *begun.recovery_codes,
        *(each.value for given in (tokens, renewed) for each in (given.access_token, given.refresh_token)),
    ]


async def use_api_keys(world: World, ways: Ways, traces: Traces) -> None:
    """A person's key and a machine's, used as they are meant to be and with a slip, natively and by REST."""
    people = People(world.running)
    person = await people.person()
    keys = [await people.api_key(metadata_of(person), request_id=str(uuid4()))]
    keys += [value for _, value in (await people.machine(person)).metadata]
    [operation] = [found for found in OPERATIONS if found.name == "GetIdentity"]
    for text in [key[:end] for key in keys for end in (len(key), -1)]:
        shown = (("x-api-key", text),)
        for channel in (world.running.channel, ways.channel):
            await call_natively(channel, operation, operation.request(), shown)
        await call_by_rest(ways.client, operation.routes[0], operation.request(), shown)
    traces.handed_out += [key.rpartition("_")[2][:43] for key in keys]


async def sign_in_by_a_provider(client: SsoClient, traces: Traces) -> None:
    """The whole way, twice with one request_id; then the tokens of the provider are renewed."""
    started = await client.start(request_id=str(uuid4()))
    request = await client.come_back(started)
    request.request_id = str(uuid4())
    await client.finish(request)
    tokens = await client.finish(request)
    api = SingleSignOnApi.of(client.server.app.platform)
    given = [*await api.get_tokens(tokens.user_id), await api.refresh_tokens(PROVIDER, tokens.user_id)]
    nonce = parse_qs(urlsplit(started.answer.authorization_url).query)["nonce"][0]
    traces.handed_out += [request.state, nonce, request.auth_code, request.code_verifier]
    traces.handed_out += [each.value for each in (tokens.access_token, tokens.refresh_token)]
    traces.handed_out += [
        token.value for each in given for token in (each.access_token, each.refresh_token, *each.other_tokens) if token
    ]


async def misuse(world: World, ways: Ways, operation: Operation, traces: Traces) -> None:
    """Send secrets in every text of an operation: unknown, too long, ill-formed, in wrong places and in bad bodies."""
    caller = replace(world.owner, credential=())
    valid = await world.requests.valid(operation, caller, world.organization_id)
    # What stands in a path is no secret, and is logged.
    in_path = {name for route in operation.routes for name in route.variables}
    assert not [each for each in fields_of(valid) if each.name in in_path and each.GetOptions().debug_redact]
    texts = [each for each in fields_of(valid) if each.type == FieldDescriptor.TYPE_STRING and each.name not in in_path]
    for each in texts:
        # A name that is good is kept, as it should be: only what is refused must leave nothing.
        ways_to_be_wrong = [lambda text: text + LONG, lambda text: f"{text}\x00", lambda text: f"{text}\x07\x1b"]
        ways_to_be_wrong += [str] if each.GetOptions().debug_redact and rules_of(each).string.pattern else []
        for how in ways_to_be_wrong:
            request = operation.request()
            request.CopyFrom(valid)
            assign(request, each, how(traces.new()))
            await try_everywhere(ways, operation, request, traces)
    for header in ("authorization", "x-api-key", "x-mfa-token", "cookie"):
        answer = await call_natively(ways.channel, operation, valid, ((header, f"Bearer {traces.new()}"),))
        traces.errors.append(answer.everything if not answer.is_ok else b"")


async def try_everywhere(ways: Ways, operation: Operation, request: Message, traces: Traces) -> None:
    """Natively, by REST, as no JSON, as half of it, and in the query of a call that takes none."""
    native = await call_natively(ways.channel, operation, request)
    traces.errors.append(native.everything if not native.is_ok else b"")
    route = operation.routes[0]
    target, body = rest_request(route, request)
    half = repr(body).encode()[:-1]
    tries = [
        send(ways.client, route.verb, target, body),
        send(ways.client, route.verb, target, content=half, metadata=(("content-type", "application/json"),)),
        send(ways.client, route.verb, target, content=half, metadata=(("content-type", "text/plain"),)),
        send(ways.client, route.verb, f"{target}?nonsense={traces.sent[-1]}", body),
    ]
    traces.errors += [answer.everything for answer in await gathered(tries) if not answer.is_ok]


async def deliver(world: World) -> None:
    """Carry out all that is queued."""
    for operation in OPERATIONS:
        if operation.name.startswith("DeliverAll"):
            await world.make(operation, operation.request(), world.callers["nobody"])


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What is searched here need not be shown as well."""
    caplog.set_level(logging.CRITICAL)
