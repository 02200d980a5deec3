"""Where the client connects to, and that it does so safely."""

import datetime as dt
import ipaddress

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tenantry_client import Tenantry, Unavailable
from tenantry_client.targets import Target
from tests.clients.python.stand_in import API_KEY, StandIn


@pytest.mark.parametrize(
    ("text", "address", "tls"),
    [
        ("https://api.example.com", "api.example.com:443", True),
        ("https://api.example.com:8443/", "api.example.com:8443", True),
        ("api.example.com", "api.example.com:443", True),
        ("api.example.com:8080", "api.example.com:8080", True),
        ("http://localhost:8080", "localhost:8080", False),
        ("https://localhost:8443", "localhost:8443", True),
        ("localhost:8080", "localhost:8080", False),
        ("127.0.0.1:8080", "127.0.0.1:8080", False),
        ("[::1]:8080", "[::1]:8080", False),
        ("unix:/run/tenantry.sock", "unix:/run/tenantry.sock", False),
    ],
)
def test_everything_but_this_machine_is_reached_by_tls(text: str, address: str, tls: bool) -> None:
    assert Target.parsed(text, tls=None) == Target(address, tls)


def test_secrets_go_to_another_machine_in_plain_text_only_when_asked_for() -> None:
    with pytest.raises(ValueError, match="plain text"):
        Target.parsed("http://api.example.com", tls=None)

    assert Target.parsed("http://api.internal:8080", tls=False) == Target("api.internal:8080", tls=False)


@pytest.mark.parametrize(
    "text", ["", "https://", "ftp://example.com", "https://example.com/api", "https://me@example.com"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"http|host"):
        Target.parsed(text, tls=None)


async def test_a_server_is_trusted_by_its_certificate() -> None:
    key, certificate = _self_signed()
    server = StandIn()
    await server.start(grpc.ssl_server_credentials([(key, certificate)]))
    try:
        async with Tenantry(f"https://{server.address}", api_key=API_KEY, root_certificates=certificate) as client:
            await client.users.ListMembershipsForCaller()
        async with Tenantry(f"https://{server.address}", api_key=API_KEY, timeout=1) as client:
            with pytest.raises(Unavailable):
                await client.users.ListMembershipsForCaller()
    finally:
        await server.stop()


def _self_signed() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private, certificate.public_bytes(encoding)
