"""What a deployment may say of its deliveries."""

from pathlib import Path

import pytest

from server.kernel.deliveries.settings import DeliverySettings
from server.kernel.settings import SettingsError, read


def test_nats_is_used_when_it_is_asked_for_and_said_where_it_is(monkeypatch, tmp_path: Path) -> None:
    certificates = tmp_path / "ca.pem"
    certificates.touch()
    monkeypatch.setenv("TENANTRY_QUEUE_ENGINE", "nats")
    monkeypatch.setenv("TENANTRY_NATS_URL", "nats://a:4222, tls://b:4222")
    monkeypatch.setenv("TENANTRY_NATS_CA_FILE", str(certificates))

    found = read(DeliverySettings)

    assert found.nats.servers == ("nats://a:4222", "tls://b:4222")
    assert found.nats.prefix == "tenantry"
    assert found.nats.ca_file == certificates


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "TENANTRY_NATS_URL is needed"),
        ({"NATS_URL": "http://ada:sesame@a:4222"}, "should begin with nats:// or tls://"),  # pragma: allowlist secret
        ({"NATS_URL": "nats://a", "NATS_CA_FILE": "/nowhere/ca.pem"}, "there is no file at TENANTRY_NATS_CA_FILE"),
        ({"NATS_URL": "nats://a", "NATS_PREFIX": "a.b"}, "TENANTRY_NATS_PREFIX"),
        ({"QUEUE_ENGINE": "rabbit"}, "TENANTRY_QUEUE_ENGINE"),
    ],
)
def test_what_cannot_work_stops_the_start(monkeypatch, variables: dict[str, str], said: str) -> None:
    for name, value in ({"QUEUE_ENGINE": "nats"} | variables).items():
        monkeypatch.setenv(f"TENANTRY_{name}", value)

    with pytest.raises(SettingsError) as refused:
        read(DeliverySettings)

    assert said in str(refused.value)
    assert "sesame" not in str(refused.value)
