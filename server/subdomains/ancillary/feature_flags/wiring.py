"""How feature flags is put together."""

from tenantry.feature_flags.v1 import feature_flags_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.ancillary.feature_flags.application import FeatureFlagsApplication
from server.subdomains.ancillary.feature_flags.servicer import FeatureFlagsServicer
from server.subdomains.ancillary.feature_flags.settings import FlagSettings


def feature_flags(platform: Platform) -> Subdomain:
    service = feature_flags_service_pb2.DESCRIPTOR.services_by_name["FeatureFlagsService"]
    servicer = FeatureFlagsServicer(FeatureFlagsApplication.of(platform), platform.lists)
    return Subdomain(name="feature_flags", services=[Service(service, servicer)], settings=[FlagSettings])
