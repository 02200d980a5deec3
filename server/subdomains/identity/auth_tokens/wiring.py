"""How auth tokens is put together."""

from pathlib import Path

from tenantry.auth_tokens.v1 import auth_tokens_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.identity.auth_tokens.application import AuthTokensApplication
from server.subdomains.identity.auth_tokens.repository import PRINCIPAL
from server.subdomains.identity.auth_tokens.servicer import AuthTokensServicer
from server.subdomains.identity.auth_tokens.settings import AuthTokensSettings
from server.subdomains.identity.auth_tokens.subscribers import AuthTokensSubscriber
from server.subdomains.identity.auth_tokens.tables import metadata
from server.subdomains.users.events import EndUserAccessChanged

MIGRATIONS = Path(__file__).parent / "migrations"


def auth_tokens(platform: Platform) -> Subdomain:
    application = AuthTokensApplication.of(platform)
    servicer = AuthTokensServicer(application, platform.lists)
    subscriber = AuthTokensSubscriber(application)
    return Subdomain(
        name="auth_tokens",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(auth_tokens_service_pb2.DESCRIPTOR.services_by_name["AuthTokensService"], servicer)],
        settings=[AuthTokensSettings],
        principal={"session": PRINCIPAL},
        reactions={EndUserAccessChanged: [subscriber.when_end_user_access_changed_revoke_sessions]},
        group="identity",
        housekeeping=[application.forget_ended_sessions],
    )
