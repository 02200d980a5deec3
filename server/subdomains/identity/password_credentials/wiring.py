"""How password credentials is put together."""

from pathlib import Path

from tenantry.password_credentials.v1 import password_credentials_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.identity.password_credentials.application.confirmations import Confirmations
from server.subdomains.identity.password_credentials.application.registrations import Registrations
from server.subdomains.identity.password_credentials.application.resets import Resets
from server.subdomains.identity.password_credentials.application.sign_ins import SignIns
from server.subdomains.identity.password_credentials.servicer import PasswordCredentialsServicer
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings
from server.subdomains.identity.password_credentials.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def password_credentials(platform: Platform) -> Subdomain:
    servicer = PasswordCredentialsServicer(
        Registrations.of(platform), Confirmations.of(platform), SignIns.of(platform), Resets.of(platform)
    )
    descriptor = password_credentials_service_pb2.DESCRIPTOR.services_by_name["PasswordCredentialsService"]
    return Subdomain(
        name="password_credentials",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(descriptor, servicer)],
        settings=[PasswordCredentialsSettings],
    )
