"""What a deployment says about webhooks, and what it may not say."""

import pytest

from server.kernel.settings import SettingsError, read
from server.subdomains.webhooks.settings import WebhookSettings


def test_ports_are_read(monkeypatch):
    monkeypatch.setenv("TENANTRY_WEBHOOK_PORTS", "443, 8080")

    assert read(WebhookSettings).ports == {443, 8080}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOK_PORTS", "https"),
        ("WEBHOOK_PORTS", "443,0"),
        ("WEBHOOK_PORTS", "443,,80"),
        ("WEBHOOK_TIMEOUT_SECONDS", "0"),
        ("WEBHOOK_TIMEOUT_SECONDS", "26"),
        ("WEBHOOK_ALLOWS_LOOPBACK", "perhaps"),
    ],
)
def test_settings_that_cannot_be_right_are_named(monkeypatch, name, value):
    monkeypatch.setenv(f"TENANTRY_{name}", value)

    with pytest.raises(SettingsError, match=f"TENANTRY_{name}"):
        read(WebhookSettings)


async def test_without_loopback_development_calls_nothing_on_its_own_machine(serve, customer, receiver):
    endpoint = await customer.listens(receiver.url())
    await customer.test(endpoint.id)

    async with serve(webhook_allows_loopback=False) as server:
        customer.server = server
        assert await customer.drain() == (0, 1)

    assert receiver.connections == 0
