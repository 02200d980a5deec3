"""Every service as an attribute. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry_client.methods import Call, CallSync
from tenantry_client.services.api_keys import ApiKeysService, ApiKeysServiceSync
from tenantry_client.services.audits import AuditsService, AuditsServiceSync
from tenantry_client.services.auth_tokens import AuthTokensService, AuthTokensServiceSync
from tenantry_client.services.bookings import BookingsService, BookingsServiceSync
from tenantry_client.services.cars import CarsService, CarsServiceSync
from tenantry_client.services.emails import EmailsService, EmailsServiceSync
from tenantry_client.services.event_notifications import EventNotificationsService, EventNotificationsServiceSync
from tenantry_client.services.feature_flags import FeatureFlagsService, FeatureFlagsServiceSync
from tenantry_client.services.health import HealthService, HealthServiceSync
from tenantry_client.services.identities import IdentitiesService, IdentitiesServiceSync
from tenantry_client.services.machines import MachinesService, MachinesServiceSync
from tenantry_client.services.mfa import MfaService, MfaServiceSync
from tenantry_client.services.organizations import OrganizationsService, OrganizationsServiceSync
from tenantry_client.services.password_credentials import PasswordCredentialsService, PasswordCredentialsServiceSync
from tenantry_client.services.provisioning import ProvisioningService, ProvisioningServiceSync
from tenantry_client.services.recording import RecordingService, RecordingServiceSync
from tenantry_client.services.single_sign_on import SingleSignOnService, SingleSignOnServiceSync
from tenantry_client.services.sms import SmsService, SmsServiceSync
from tenantry_client.services.subscriptions import SubscriptionsService, SubscriptionsServiceSync
from tenantry_client.services.usages import UsagesService, UsagesServiceSync
from tenantry_client.services.user_profiles import UserProfilesService, UserProfilesServiceSync
from tenantry_client.services.users import UsersService, UsersServiceSync
from tenantry_client.services.webhooks import WebhooksService, WebhooksServiceSync


class Services:
    """All services over one connection."""

    def __init__(self, call: Call) -> None:
        self.api_keys = ApiKeysService(call)
        self.audits = AuditsService(call)
        self.auth_tokens = AuthTokensService(call)
        self.bookings = BookingsService(call)
        self.cars = CarsService(call)
        self.emails = EmailsService(call)
        self.event_notifications = EventNotificationsService(call)
        self.feature_flags = FeatureFlagsService(call)
        self.health = HealthService(call)
        self.identities = IdentitiesService(call)
        self.machines = MachinesService(call)
        self.mfa = MfaService(call)
        self.organizations = OrganizationsService(call)
        self.password_credentials = PasswordCredentialsService(call)
        self.provisioning = ProvisioningService(call)
        self.recording = RecordingService(call)
        self.single_sign_on = SingleSignOnService(call)
        self.sms = SmsService(call)
        self.subscriptions = SubscriptionsService(call)
        self.usages = UsagesService(call)
        self.user_profiles = UserProfilesService(call)
        self.users = UsersService(call)
        self.webhooks = WebhooksService(call)


class ServicesSync:
    """All services over one connection."""

    def __init__(self, call: CallSync) -> None:
        self.api_keys = ApiKeysServiceSync(call)
        self.audits = AuditsServiceSync(call)
        self.auth_tokens = AuthTokensServiceSync(call)
        self.bookings = BookingsServiceSync(call)
        self.cars = CarsServiceSync(call)
        self.emails = EmailsServiceSync(call)
        self.event_notifications = EventNotificationsServiceSync(call)
        self.feature_flags = FeatureFlagsServiceSync(call)
        self.health = HealthServiceSync(call)
        self.identities = IdentitiesServiceSync(call)
        self.machines = MachinesServiceSync(call)
        self.mfa = MfaServiceSync(call)
        self.organizations = OrganizationsServiceSync(call)
        self.password_credentials = PasswordCredentialsServiceSync(call)
        self.provisioning = ProvisioningServiceSync(call)
        self.recording = RecordingServiceSync(call)
        self.single_sign_on = SingleSignOnServiceSync(call)
        self.sms = SmsServiceSync(call)
        self.subscriptions = SubscriptionsServiceSync(call)
        self.usages = UsagesServiceSync(call)
        self.user_profiles = UserProfilesServiceSync(call)
        self.users = UsersServiceSync(call)
        self.webhooks = WebhooksServiceSync(call)
