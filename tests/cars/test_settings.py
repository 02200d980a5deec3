"""Which cars a deployment takes is said by its settings."""

import pytest

from server.kernel.settings import SettingsError, read
from server.subdomains.cars.settings import CarsSettings


@pytest.mark.parametrize("name", ["CARS_MAKES", "CARS_MODELS", "CARS_JURISDICTIONS"])
@pytest.mark.parametrize("value", ["", " ", ","])
def test_an_empty_list_stops_the_start(name, value, monkeypatch):
    monkeypatch.setenv(f"TENANTRY_{name}", value)

    with pytest.raises(SettingsError, match=name):
        read(CarsSettings)


def test_a_list_is_read_by_its_commas(monkeypatch):
    monkeypatch.setenv("TENANTRY_CARS_MAKES", "Aston Martin, Honda")

    assert read(CarsSettings).cars_makes == ("Aston Martin", "Honda")
