"""How cars is put together."""

from pathlib import Path

from tenantry.cars.v1 import cars_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.cars.application import CarsApplication
from server.subdomains.cars.servicer import CarsServicer
from server.subdomains.cars.settings import CarsSettings
from server.subdomains.cars.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def cars(platform: Platform) -> Subdomain:
    servicer = CarsServicer(CarsApplication.of(platform), platform.lists)
    return Subdomain(
        name="cars",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(cars_service_pb2.DESCRIPTOR.services_by_name["CarsService"], servicer)],
        settings=[CarsSettings],
    )
