"""Calls by HTTP: which address is called under which name, and what is believed about it."""

import asyncio
import ssl
import threading
from datetime import UTC, datetime, timedelta
from socket import gaierror

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.kernel.clock import system_clock
from server.subdomains.webhooks.adapters.http import HttpCaller, resolve
from server.subdomains.webhooks.domain import Failure
from server.subdomains.webhooks.reach import Reach
from tests.webhooks.receiver import receiving


def caller(names=None, *, ports=(443,), allows_loopback=True):
    """A caller for whom names lead where a test says."""

    async def look_up(host):
        found = (names or {}).get(host)
        if found is None:
            raise gaierror(-2, "Name or service not known")
        return found.pop(0) if isinstance(found[0], list) else found

    reach = Reach(frozenset(ports), allows_loopback)
    return HttpCaller(
        reach=reach, now=system_clock, timeout_seconds=2, resolve=look_up if names is not None else resolve
    )


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:192.168.0.1"]],
    ids=str,
)
async def test_a_name_that_leads_inside_is_not_called(addresses):
    calls = caller({"hooks.example.com": addresses}, allows_loopback=False)

    answer = await calls.call("https://hooks.example.com/", {}, b"{}")

    assert (answer.failure, answer.http_status) == (Failure.FORBIDDEN_ADDRESS, None)


async def test_a_name_is_looked_up_once_a_call_so_that_it_cannot_lead_elsewhere_in_between(tmp_path, monkeypatch):
    # given: a name that leads to the receiver when it is looked at, and to a forbidden place afterwards
    context = certified(tmp_path, monkeypatch, "hooks.example.com")
    async with receiving(tls=context) as receiver:
        calls = caller({"hooks.example.com": [["127.0.0.1"], ["10.0.0.1"]]}, ports=[receiver.port])
        url = receiver.url(host="hooks.example.com")

        # when
        first, second = await calls.call(url, {}, b"{}"), await calls.call(url, {}, b"{}")

    # then
    assert (first.http_status, second.failure) == (204, Failure.FORBIDDEN_ADDRESS)
    assert len(receiver.calls) == 1


async def test_the_certificate_must_be_that_of_the_name(tmp_path, monkeypatch):
    context = certified(tmp_path, monkeypatch, "hooks.example.com")
    names = {"hooks.example.com": ["127.0.0.1"], "other.example.com": ["127.0.0.1"]}
    async with receiving(tls=context) as receiver:
        calls = caller(names, ports=[receiver.port])

        right = await calls.call(receiver.url(host="hooks.example.com"), {}, b"{}")
        wrong = await calls.call(receiver.url(host="other.example.com"), {}, b"{}")

    assert (right.http_status, right.failure) == (204, None)
    assert (wrong.http_status, wrong.failure) == (None, Failure.TLS)
    assert receiver.calls[0].headers["host"] == f"hooks.example.com:{receiver.port}"


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path, monkeypatch):
    context = certified(tmp_path, monkeypatch, "hooks.example.com")
    monkeypatch.delenv("SSL_CERT_FILE")
    async with receiving(tls=context) as receiver:
        calls = caller({"hooks.example.com": ["127.0.0.1"]}, ports=[receiver.port])

        answer = await calls.call(receiver.url(host="hooks.example.com"), {}, b"{}")

    assert answer.failure is Failure.TLS
    assert receiver.calls == []


async def test_a_second_address_is_tried_when_the_first_takes_no_connection(tmp_path, monkeypatch):
    context = certified(tmp_path, monkeypatch, "hooks.example.com")
    async with receiving(tls=context) as receiver:
        calls = caller({"hooks.example.com": ["127.0.0.9", "127.0.0.1"]}, ports=[receiver.port])

        answer = await calls.call(receiver.url(host="hooks.example.com"), {}, b"{}")

    assert answer.http_status == 204


@pytest.mark.parametrize(
    ("written", "name"),
    [("xn--strae-oqa.example.com", "xn--strae-oqa.example.com"), ("hooks.example.com.", "hooks.example.com")],
)
async def test_a_name_is_looked_up_and_certified_as_it_is_spelled(tmp_path, monkeypatch, written, name):
    context = certified(tmp_path, monkeypatch, name)
    async with receiving(tls=context) as receiver:
        calls = caller({name: ["127.0.0.1"]}, ports=[receiver.port])

        answer = await calls.call(receiver.url(host=written), {}, b"{}")

    assert (answer.http_status, answer.failure) == (204, None)


async def test_a_name_without_an_address_is_said_to_be_one():
    assert (await caller({}).call("https://hooks.example.com/", {}, b"{}")).failure is Failure.NAME


async def test_a_url_that_is_no_longer_allowed_is_not_called():
    async with receiving() as receiver:
        answer = await caller(allows_loopback=False).call(receiver.url(), {}, b"{}")

    assert answer.failure is Failure.FORBIDDEN_ADDRESS
    assert receiver.connections == 0


async def test_the_proxy_of_the_environment_is_not_used(monkeypatch):
    async with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("HTTP_PROXY", proxy.url(""))
        monkeypatch.setenv("ALL_PROXY", proxy.url(""))
        answer = await caller().call(receiver.url(), {}, b"{}")

    assert answer.http_status == 204
    assert proxy.connections == 0


async def test_the_name_of_this_machine_leads_home():
    assert set(await resolve("localhost")) <= {"127.0.0.1", "::1"}


async def test_name_servers_that_do_not_answer_hold_up_nothing_else(monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr(
        "server.subdomains.webhooks.adapters.http.getaddrinfo", lambda *_, **__: answered.wait(10) and []
    )
    lookups = [asyncio.create_task(resolve(f"slow{number}.example.com")) for number in range(50)]
    try:
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            assert await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 443)
    finally:
        answered.set()
        await asyncio.gather(*lookups)


async def test_an_answer_that_never_ends_is_not_read():
    async def pour(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        answer = await caller().call(f"http://127.0.0.1:{port}/", {}, b"{}")
    finally:
        server.close()

    assert answer.http_status == 200


def certified(folder, monkeypatch, name):
    """A server's context with a certificate for *name* that this process believes."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
