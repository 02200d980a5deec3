"""Which subdomains this server runs. Deleting one starts with its line here."""

import importlib
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic_settings import BaseSettings

from server.kernel.migrate import KERNEL, History
from server.kernel.rpc.authentication import OnRefused
from server.kernel.security.settings import CallSettings, SecuritySettings
from server.kernel.settings import PlatformSettings
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.cars.wiring import cars
from server.subdomains.organizations.wiring import organizations
from server.subdomains.subscriptions.wiring import subscriptions
from server.subdomains.user_profiles.wiring import user_profiles
from server.subdomains.users.wiring import users

# In calling order, lowest first: reactions to one event run in this order too.
SUBDOMAINS: list[Callable[[Platform], Subdomain]] = [
    user_profiles,
    subscriptions,
    users,
    organizations,
    cars,  # sample
]


def compose(platform: Platform) -> Sequence[Subdomain]:
    """Put every subdomain together."""
    return [subdomain(platform) for subdomain in SUBDOMAINS]


def histories() -> list[History]:
    """The migrations of everything, in order."""
    folders = {subdomain.__name__: Path(inspect.getfile(subdomain)).parent / "migrations" for subdomain in SUBDOMAINS}
    return [KERNEL, *(History(name, folder) for name, folder in folders.items() if folder.is_dir())]


def settings_classes() -> list[type[BaseSettings]]:
    """Every settings class, for docs/settings.md."""
    found: list[type[BaseSettings]] = [PlatformSettings, SecuritySettings, CallSettings]
    for subdomain in SUBDOMAINS:
        package = subdomain.__module__.rpartition(".")[0]
        if importlib.util.find_spec(f"{package}.settings") is not None:
            module = importlib.import_module(f"{package}.settings")
            found += [each for each in vars(module).values() if _is_settings_of(each, module.__name__)]
    return found


def on_refused_credential(platform: Platform) -> OnRefused | None:
    """What happens when a bad service token is presented."""
    return None


def _is_settings_of(value: object, module: str) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseSettings) and value.__module__ == module
