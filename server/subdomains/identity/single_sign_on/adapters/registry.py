"""The providers of a process. What they remember of the outside world is shared by all who ask."""

from collections.abc import Iterator, Mapping

from server.kernel.subdomain import Platform
from server.subdomains.identity.single_sign_on.adapters.http import Trust
from server.subdomains.identity.single_sign_on.adapters.open_id_connect import OpenIdConnectProvider
from server.subdomains.identity.single_sign_on.adapters.testsso import TestSso
from server.subdomains.identity.single_sign_on.ports import SsoProvider
from server.subdomains.identity.single_sign_on.settings import SingleSignOnSettings


class Providers:
    """The providers by their names."""

    def __init__(self, providers: Mapping[str, SsoProvider]) -> None:
        self._providers = providers

    @classmethod
    def of(cls, platform: Platform) -> "Providers":
        return platform.shared(_make)

    def find(self, name: str) -> SsoProvider | None:
        """A provider by its name, in any case."""
        return self._providers.get(name.lower())

    def __iter__(self) -> Iterator[SsoProvider]:
        return iter(self._providers.values())


def _make(platform: Platform) -> Providers:
    settings: SingleSignOnSettings = platform.read_settings(SingleSignOnSettings)
    trust = Trust(settings.sso_ca_file, may_be_loopback_http=platform.is_testing)
    found: dict[str, SsoProvider] = {}
    for each in settings.sso_providers:
        found[each.name] = OpenIdConnectProvider(each, trust=trust, now=platform.clock)
    if platform.is_testing:
        test_sso = TestSso(platform.clock)
        found[test_sso.name] = test_sso
    return Providers(found)
