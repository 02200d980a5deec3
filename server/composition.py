"""Which subdomains this server runs. Deleting one starts with its line here."""

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_settings import BaseSettings

from server.kernel import settings
from server.kernel.bus.settings import BusSettings
from server.kernel.deliveries.settings import DeliverySettings
from server.kernel.rpc.authentication import OnRefused
from server.kernel.security.settings import CallSettings, SecuritySettings
from server.kernel.settings import PlatformSettings
from server.kernel.subdomain import Platform, Subdomain
from server.kernel.telemetry.settings import TelemetrySettings
from server.subdomains.ancillary.audits.api import RefusalAudits
from server.subdomains.ancillary.audits.wiring import audits
from server.subdomains.ancillary.emails.wiring import emails
from server.subdomains.ancillary.feature_flags.wiring import feature_flags
from server.subdomains.ancillary.provisioning.wiring import provisioning
from server.subdomains.ancillary.recording.wiring import recording
from server.subdomains.ancillary.sms.wiring import sms
from server.subdomains.ancillary.usages.wiring import usages
from server.subdomains.bookings.wiring import bookings
from server.subdomains.cars.wiring import cars
from server.subdomains.event_notifications.wiring import event_notifications
from server.subdomains.health.wiring import health
from server.subdomains.identity.api_keys.wiring import api_keys
from server.subdomains.identity.auth_tokens.wiring import auth_tokens
from server.subdomains.identity.identities.wiring import identities
from server.subdomains.identity.machines.wiring import machines
from server.subdomains.identity.mfa.wiring import mfa
from server.subdomains.identity.password_credentials.wiring import password_credentials
from server.subdomains.identity.single_sign_on.wiring import single_sign_on
from server.subdomains.organizations.wiring import organizations
from server.subdomains.subscriptions.wiring import subscriptions
from server.subdomains.user_profiles.wiring import user_profiles
from server.subdomains.users.wiring import users
from server.subdomains.webhooks.wiring import webhooks

if TYPE_CHECKING:
    from server.kernel.migrate import History

# In calling order, lowest first: reactions to one event run in this order too.
SUBDOMAINS: list[Callable[[Platform], Subdomain]] = [
    health,
    usages,
    audits,
    emails,
    webhooks,
    feature_flags,
    provisioning,
    recording,
    sms,
    event_notifications,
    user_profiles,
    subscriptions,
    users,
    organizations,
    auth_tokens,
    password_credentials,
    mfa,
    api_keys,
    machines,
    single_sign_on,
    identities,
    cars,  # sample
    bookings,  # sample
]


def compose(platform: Platform) -> Sequence[Subdomain]:
    """Put every subdomain together."""
    return [subdomain(platform) for subdomain in SUBDOMAINS]


def histories() -> "list[History]":
    """
    The migrations of everything, in order.

    What only testing builds keep stands in a schema of its own, made by ``testing_migrations``: production builds do
    not have it.
    """
    # Not above: what runs migrations takes 16 MB, and a server runs none.
    from server.kernel.migrate import KERNEL, History  # noqa: PLC0415

    kinds = {"migrations": ""}
    if not settings.read(PlatformSettings).is_production:
        kinds["testing_migrations"] = "_testing"
    found = [KERNEL]
    for subdomain in SUBDOMAINS:
        place = Path(inspect.getfile(subdomain)).parent
        for folder, suffix in kinds.items():
            if (place / folder).is_dir():
                found.append(History(subdomain.__name__ + suffix, place / folder))
    return found


def settings_classes() -> list[type[BaseSettings]]:
    """Every settings class, for docs/settings.md."""
    found: list[type[BaseSettings]] = [
        PlatformSettings,
        SecuritySettings,
        CallSettings,
        DeliverySettings,
        BusSettings,
        TelemetrySettings,
    ]
    for subdomain in SUBDOMAINS:
        package = subdomain.__module__.rpartition(".")[0]
        if importlib.util.find_spec(f"{package}.settings") is not None:
            module = importlib.import_module(f"{package}.settings")
            found += [each for each in vars(module).values() if _is_settings_of(each, module.__name__)]
    return found


def on_refused_credential(platform: Platform) -> OnRefused | None:
    """What happens when a bad service token is presented."""
    code = "ServiceTokenAuthentication.Failed.InvalidToken"
    return RefusalAudits.of(platform, code=code, one="A service token", several="service tokens").record


def _is_settings_of(value: object, module: str) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseSettings) and value.__module__ == module
