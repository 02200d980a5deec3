"""How second factors are put together."""

from pathlib import Path

from tenantry.mfa.v1 import mfa_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.identity.mfa.application.associations import Associations
from server.subdomains.identity.mfa.application.authenticators import Authenticators
from server.subdomains.identity.mfa.application.options import Options
from server.subdomains.identity.mfa.application.pending import PendingSignIns
from server.subdomains.identity.mfa.application.verifications import Verifications
from server.subdomains.identity.mfa.servicer import MfaServicer
from server.subdomains.identity.mfa.settings import MfaSettings
from server.subdomains.identity.mfa.subscribers import MfaSubscriber
from server.subdomains.identity.mfa.tables import metadata
from server.subdomains.identity.password_credentials.api import SecondFactors
from server.subdomains.users.events import EndUserAccessChanged

MIGRATIONS = Path(__file__).parent / "migrations"


def mfa(platform: Platform) -> Subdomain:
    pending = PendingSignIns.of(platform)
    second_factors: SecondFactors = pending
    servicer = MfaServicer(
        options=Options.of(platform),
        associations=Associations.of(platform),
        authenticators=Authenticators.of(platform),
        verifications=Verifications.of(platform),
        lists=platform.lists,
    )
    return Subdomain(
        name="mfa",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(mfa_service_pb2.DESCRIPTOR.services_by_name["MfaService"], servicer)],
        settings=[MfaSettings],
        answers={SecondFactors: second_factors},
        reactions={EndUserAccessChanged: [MfaSubscriber(pending).when_end_user_access_changed_forget_sign_in]},
        group="identity",
    )
