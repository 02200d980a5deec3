"""Roles, features, tiers and the like as ``tenantry.access.v1`` numbers them."""

from tenantry.access.v1 import types_pb2

from server.kernel.access.roles import (
    Classification,
    FeatureLevel,
    Ownership,
    PlatformRole,
    SubscriptionTier,
    TenantRole,
)

PLATFORM_ROLES = {
    PlatformRole.STANDARD: types_pb2.PLATFORM_ROLE_STANDARD,
    PlatformRole.OPERATIONS: types_pb2.PLATFORM_ROLE_OPERATIONS,
    PlatformRole.INTERNAL_SERVICE: types_pb2.PLATFORM_ROLE_INTERNAL_SERVICE,
    PlatformRole.EXTERNAL_WEBHOOK_SERVICE: types_pb2.PLATFORM_ROLE_EXTERNAL_WEBHOOK_SERVICE,
}
TENANT_ROLES = {
    TenantRole.MEMBER: types_pb2.TENANT_ROLE_MEMBER,
    TenantRole.OWNER: types_pb2.TENANT_ROLE_OWNER,
    TenantRole.BILLING_ADMIN: types_pb2.TENANT_ROLE_BILLING_ADMIN,
}
FEATURES = {
    FeatureLevel.BASIC: types_pb2.FEATURE_LEVEL_BASIC,
    FeatureLevel.PAID_TRIAL: types_pb2.FEATURE_LEVEL_PAID_TRIAL,
    FeatureLevel.PAID2: types_pb2.FEATURE_LEVEL_PAID2,
    FeatureLevel.PAID3: types_pb2.FEATURE_LEVEL_PAID3,
}
TIERS = {
    SubscriptionTier.UNSUBSCRIBED: types_pb2.SUBSCRIPTION_TIER_UNSUBSCRIBED,
    SubscriptionTier.STANDARD: types_pb2.SUBSCRIPTION_TIER_STANDARD,
    SubscriptionTier.PROFESSIONAL: types_pb2.SUBSCRIPTION_TIER_PROFESSIONAL,
    SubscriptionTier.ENTERPRISE: types_pb2.SUBSCRIPTION_TIER_ENTERPRISE,
}
OWNERSHIPS = {
    Ownership.SHARED: types_pb2.ORGANIZATION_OWNERSHIP_SHARED,
    Ownership.PERSONAL: types_pb2.ORGANIZATION_OWNERSHIP_PERSONAL,
}
CLASSIFICATIONS = {
    Classification.PERSON: types_pb2.USER_CLASSIFICATION_PERSON,
    Classification.MACHINE: types_pb2.USER_CLASSIFICATION_MACHINE,
}
