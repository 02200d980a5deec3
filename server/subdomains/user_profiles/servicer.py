"""UserProfilesService over gRPC: converts, calls one use case, converts back."""

from enum import StrEnum
from typing import TypeVar

from tenantry.user_profiles.v1 import user_profile_pb2, user_profiles_service_pb2, user_profiles_service_pb2_grpc

from server.kernel import values
from server.kernel.access.caller import Caller, current_call
from server.kernel.access.roles import Classification, FeatureLevel, PlatformRole, expand, normalize
from server.kernel.rpc.access_enums import CLASSIFICATIONS, FEATURES, PLATFORM_ROLES
from server.kernel.rpc.context import Context
from server.subdomains.user_profiles.application import UserProfilesApplication
from server.subdomains.user_profiles.domain import UserProfile

E = TypeVar("E", bound=StrEnum)


class UserProfilesServicer(user_profiles_service_pb2_grpc.UserProfilesServiceServicer):
    """Answers UserProfilesService."""

    def __init__(self, application: UserProfilesApplication) -> None:
        self._profiles = application

    async def GetProfileForCaller(
        self, request: user_profiles_service_pb2.GetProfileForCallerRequest, context: Context
    ) -> user_profiles_service_pb2.GetProfileForCallerResponse:
        caller = current_call().caller
        if caller.is_anonymous:
            profile = _nobody(caller)
        else:
            profile = _to_proto(await self._profiles.get_profile(caller.user_id), caller)
        return user_profiles_service_pb2.GetProfileForCallerResponse(profile=profile)


def _nobody(caller: Caller) -> user_profile_pb2.UserProfileForCaller:
    return user_profile_pb2.UserProfileForCaller(
        id=caller.user_id,
        user_id=caller.user_id,
        classification=CLASSIFICATIONS[Classification.PERSON],
        name=user_profile_pb2.UserName(first_name=caller.user_id),
        display_name=caller.user_id,
        address=user_profile_pb2.PostalAddress(country_code=values.DEFAULT_COUNTRY_CODE),
        timezone=values.DEFAULT_TIMEZONE,
        locale=values.DEFAULT_LOCALE,
        is_authenticated=False,
    )


def _to_proto(profile: UserProfile, caller: Caller) -> user_profile_pb2.UserProfileForCaller:
    address = profile.address
    principal = caller.principal
    return user_profile_pb2.UserProfileForCaller(
        id=profile.id,
        user_id=profile.user_id,
        classification=CLASSIFICATIONS[profile.classification],
        name=user_profile_pb2.UserName(first_name=profile.name.first, last_name=profile.name.last),
        display_name=profile.display_name,
        email_address=profile.email_address,
        phone_number=profile.phone_number,
        address=user_profile_pb2.PostalAddress(
            line1=address.line1,
            line2=address.line2,
            line3=address.line3,
            city=address.city,
            state=address.state,
            zip=address.zip,
            country_code=address.country_code,
        ),
        timezone=profile.timezone,
        locale=profile.locale,
        is_authenticated=True,
        roles=[]
        if principal is None
        else [PLATFORM_ROLES[role] for role in _in_order(principal.platform_roles, PlatformRole)],
        features=[]
        if principal is None
        else [FEATURES[level] for level in _in_order(principal.platform_features, FeatureLevel)],
        default_organization_id=profile.default_organization_id,
    )


def _in_order(levels: frozenset[E], kind: type[E]) -> list[E]:
    return expand(normalize([level for level in kind if level in levels]))
