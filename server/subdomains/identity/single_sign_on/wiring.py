"""How single sign-on is put together."""

from pathlib import Path

from tenantry.single_sign_on.v1 import single_sign_on_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.identity.single_sign_on.application.sign_ins import SignIns
from server.subdomains.identity.single_sign_on.servicer import SingleSignOnServicer
from server.subdomains.identity.single_sign_on.settings import SingleSignOnSettings
from server.subdomains.identity.single_sign_on.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def single_sign_on(platform: Platform) -> Subdomain:
    sign_ins = SignIns.of(platform)
    descriptor = single_sign_on_service_pb2.DESCRIPTOR.services_by_name["SingleSignOnService"]
    return Subdomain(
        name="single_sign_on",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(descriptor, SingleSignOnServicer(sign_ins))],
        settings=[SingleSignOnSettings],
        housekeeping=[sign_ins.forget_expired_flows],
    )
