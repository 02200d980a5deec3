"""How bookings is put together."""

from pathlib import Path

from tenantry.bookings.v1 import bookings_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.bookings.application import BookingsApplication
from server.subdomains.bookings.servicer import BookingsServicer
from server.subdomains.bookings.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def bookings(platform: Platform) -> Subdomain:
    servicer = BookingsServicer(BookingsApplication.of(platform), platform.lists)
    return Subdomain(
        name="bookings",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(bookings_service_pb2.DESCRIPTOR.services_by_name["BookingsService"], servicer)],
    )
