"""How API keys are put together."""

from pathlib import Path

from tenantry.api_keys.v1 import api_keys_service_pb2

from server.kernel.rpc.authentication import ApiKeys
from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.identity.api_keys.application.authentication import ApiKeyAuthentication
from server.subdomains.identity.api_keys.application.keys import ApiKeysApplication
from server.subdomains.identity.api_keys.servicer import ApiKeysServicer
from server.subdomains.identity.api_keys.settings import ApiKeysSettings
from server.subdomains.identity.api_keys.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def api_keys(platform: Platform) -> Subdomain:
    servicer = ApiKeysServicer(ApiKeysApplication.of(platform), platform.lists)
    return Subdomain(
        name="api_keys",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(api_keys_service_pb2.DESCRIPTOR.services_by_name["ApiKeysService"], servicer)],
        settings=[ApiKeysSettings],
        answers={ApiKeys: ApiKeyAuthentication.of(platform)},
    )
