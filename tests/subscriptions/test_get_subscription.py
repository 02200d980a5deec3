"""GetSubscription: what an organization pays for."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.access.v1 import types_pb2
from tenantry.subscriptions.v1 import billing_period_pb2, subscription_pb2
from tenantry.subscriptions.v1.subscriptions_service_pb2 import GetSubscriptionRequest
from tenantry.subscriptions.v1.subscriptions_service_pb2_grpc import SubscriptionsServiceStub

from server.kernel.access.roles import SubscriptionTier
from server.kernel.ids import new_id
from server.kernel.rpc.times import to_datetime
from server.subdomains.subscriptions.domain.details import Details, SubscriptionStatus
from server.subdomains.subscriptions.domain.subscription import Subscription
from server.subdomains.subscriptions.errors import NotBuyerNorBillingAdmin
from tests.harness import refusal, running
from tests.people import People, compose


async def test_a_new_organization_is_on_the_starting_plan_for_ever(subscriptions_service, people):
    # given
    person = await people.register()

    # when
    answer = await subscriptions_service.GetSubscription(
        GetSubscriptionRequest(organization_id=person.organization_id), metadata=person.metadata
    )

    # then
    found = answer.subscription
    assert found.id.startswith("billsub_")
    assert (found.organization_id, found.buyer_id) == (person.organization_id, person.user_id)
    assert (found.provider_name, found.buyer_reference) == ("simple", person.user_id)
    assert found.subscription_reference.startswith("simplesub_")
    assert found.status == subscription_pb2.SUBSCRIPTION_STATUS_ACTIVATED
    assert not found.HasField("canceled_at")
    assert not found.is_payment_overdue
    assert found.plan == subscription_pb2.SubscriptionPlan(
        id="_simple_standard", tier=types_pb2.SUBSCRIPTION_TIER_STANDARD
    )
    assert (found.period.frequency, found.period.unit) == (0, billing_period_pb2.PERIOD_UNIT_ETERNITY)
    assert (found.invoice.amount.currency_code, found.invoice.amount.units, found.invoice.amount.nanos) == ("USD", 0, 0)
    assert not found.invoice.HasField("next_at")
    assert found.payment_method.type == subscription_pb2.PAYMENT_METHOD_TYPE_OTHER
    assert found.payment_method.status == subscription_pb2.PAYMENT_METHOD_STATUS_VALID
    assert found.can_be_canceled
    assert found.can_be_unsubscribed


async def test_a_shared_organization_has_one_of_its_own(subscriptions_service, people):
    person = await people.register()
    shared = await people.create_organization(person)

    personal_one = await subscriptions_service.GetSubscription(
        GetSubscriptionRequest(organization_id=person.organization_id), metadata=person.metadata
    )
    shared_one = await subscriptions_service.GetSubscription(GetSubscriptionRequest(), metadata=person.metadata)

    assert shared_one.subscription.organization_id == shared
    assert shared_one.subscription.id != personal_one.subscription.id


async def test_a_plan_with_trial_and_term_is_counted_from_the_registration(server, tmp_path, monkeypatch):
    # given
    path = tmp_path / "plans.yaml"
    path.write_text(
        """
        - {id: free, tier: STANDARD}
        - id: pro
          tier: PROFESSIONAL
          starting: true
          cost: 9.99
          currency: NZD
          period: {frequency: 1, unit: MONTH}
          trial: {frequency: 14, unit: DAY}
        """
    )
    monkeypatch.setenv("TENANTRY_BILLING_PLANS_FILE", str(path))

    async with running(server.dsn, compose) as configured:
        now = datetime(2030, 1, 31, 12, tzinfo=UTC)
        configured.clock.stop_at(now)
        person = await People(configured).register()
        service = SubscriptionsServiceStub(configured.channel)

        # when
        at_first = await service.GetSubscription(GetSubscriptionRequest(), metadata=person.metadata)
        configured.clock.advance(timedelta(days=14))
        later = await service.GetSubscription(
            GetSubscriptionRequest(), metadata=People(configured).credentials(person.user_id)
        )

    # then
    plan = at_first.subscription.plan
    assert (plan.id, plan.is_trial, plan.tier) == ("pro", True, types_pb2.SUBSCRIPTION_TIER_PROFESSIONAL)
    assert to_datetime(plan.trial_ends_at) == now + timedelta(days=14)
    assert to_datetime(at_first.subscription.invoice.next_at) == datetime(2030, 2, 28, 12, tzinfo=UTC)
    assert at_first.subscription.invoice.amount.currency_code == "NZD"
    assert not later.subscription.plan.is_trial
    assert person.user.features[0] == "paid2_features"


async def test_an_ordinary_member_may_not(subscriptions_service, people):
    # given
    owner, member = await people.register(), await people.register()
    shared = await people.create_organization(owner)
    await people.join(member.user_id, shared)

    # when
    refused = await refusal(
        subscriptions_service.GetSubscription(GetSubscriptionRequest(organization_id=shared), metadata=member.metadata)
    )

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")


async def test_a_machine_cannot_see_its_own(subscriptions_service, people):
    machine = await people.machine()

    refused = await refusal(subscriptions_service.GetSubscription(GetSubscriptionRequest(), metadata=machine.metadata))

    assert refused.reason == "ROLE_REQUIRED"


async def test_one_of_others_is_refused_like_one_that_does_not_exist(subscriptions_service, people):
    person, other = await people.register(), await people.register()

    for organization_id in (other.organization_id, new_id("org")):
        refused = await refusal(
            subscriptions_service.GetSubscription(
                GetSubscriptionRequest(organization_id=organization_id), metadata=person.metadata
            )
        )
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_MEMBER")


async def test_a_service_account_sees_all(subscriptions_service, people, server):
    person = await people.register()

    answer = await subscriptions_service.GetSubscription(
        GetSubscriptionRequest(organization_id=person.organization_id), metadata=server.as_service()
    )
    refused = await refusal(
        subscriptions_service.GetSubscription(
            GetSubscriptionRequest(organization_id=new_id("org")), metadata=server.as_service()
        )
    )

    assert answer.subscription.buyer_id == person.user_id
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "SUBSCRIPTION_NOT_FOUND")


async def test_nobody_sees_one_without_signing_in(subscriptions_service, people):
    person = await people.register()

    refused = await refusal(
        subscriptions_service.GetSubscription(GetSubscriptionRequest(organization_id=person.organization_id))
    )

    assert refused.code == grpc.StatusCode.UNAUTHENTICATED


def test_whoever_is_neither_buyer_nor_billing_admin_may_not():
    subscription = Subscription(
        id=new_id("billsub"),
        organization_id=new_id("org"),
        buyer_id=new_id("user"),
        created_at=datetime.now(UTC),
        details=Details(status=SubscriptionStatus.ACTIVATED, tier=SubscriptionTier.STANDARD),
    )

    subscription.check_viewer(subscription.buyer_id, is_billing_admin=False)
    subscription.check_viewer(new_id("user"), is_billing_admin=True)
    with pytest.raises(NotBuyerNorBillingAdmin):
        subscription.check_viewer(new_id("user"), is_billing_admin=False)
