"""Which URLs and addresses a deployment calls: public ones, whoever asks."""

import pytest

from server.subdomains.webhooks.reach import Reach

OPEN = Reach(frozenset({443, 8443}), allows_loopback=False)
AT_HOME = Reach(frozenset({443, 8443}), allows_loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://hooks.example.com/a/b?key=1",
        "https://hooks.example.com:8443/",
        "https://xn--bcher-kva.example/",
        "https://hooks.example.com./",
        "https://a_b.example.com/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/hook",
        "https://example.com/with%20space",
    ],
)
def test_a_public_https_url_may_be_called(url):
    assert list(OPEN.violations_of_url(url)) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com",
        "http://example.com/",
        "ftp://example.com/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://{}@example.com/".format("user:password"),
        "https://example.com/#fragment",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:https/",
        "https://exa mple.com/",
        "https://example.com/\nhost: x",
        "https://example.com\\@10.0.0.1/",
        "https://bücher.example/",
        "https://localhost/",
        "https://api.localhost/",
        "https://LOCALHOST./",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://1.0.0.127.in-addr.arpa/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[ff02::1]/",
        "https://[::7f00:1]/",
        "https://[::ffff:0:10.0.0.1]/",
        "https://[fec0::1]/",
        "https://[v1.example]/",
        "https://[2606:4700::1111]x/",
        "https://x[2606:4700::1111]/",
        "https://][2606:4700::1111/",
        "https://[2606:4700::1111%25eth0]/",
        "https://[::1",
        "https://example.com/" + "x" * 2048,
    ],
)
def test_any_other_url_may_not(url):
    assert [violation.reason for violation in OPEN.violations_of_url(url)] == ["INVALID_URL"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:3000/", "http://localhost:3000/", "http://[::1]/", "https://api.localhost/"]
)
def test_development_may_call_its_own_machine(url):
    assert list(AT_HOME.violations_of_url(url)) == []


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://example.com/", "https://169.254.169.254/", "https://[fe80::1]/"]
)
def test_development_may_call_nothing_else_that_is_not_public(url):
    assert list(AT_HOME.violations_of_url(url)) != []


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_a_public_address_is_admitted(address):
    assert OPEN.admits(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "fe80::1%eth0",
        "64:ff9b::7f00:1",
        "::127.0.0.1",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "fec0::1",
        "4000::1",
        "5f00::1",
        "3fff::1",
        "192.0.0.192",
        "192.88.99.1",
        "0.0.0.0",
    ],
)
def test_any_other_address_is_not(address):
    assert not OPEN.admits(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_development_admits_its_own_machine(address):
    assert AT_HOME.admits(address)
