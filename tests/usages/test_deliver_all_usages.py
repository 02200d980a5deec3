"""DeliverAllUsages: everything pending is told at once, in testing builds."""

import json

from tenantry.usages.v1.usages_service_pb2 import DeliverAllUsagesRequest

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS, Call, Caller, set_current_call
from server.subdomains.ancillary.usages.api import UsagesApi


async def test_what_use_cases_recorded_is_told_and_an_empty_queue_is_drained_at_once(usages_service, server):
    # given
    usages, resource_id = UsagesApi.of(server.app.platform), ids.new_id("car")
    async with server.database.begin() as uow:
        usages.record(uow, "Car Registered", ResourceId=resource_id, Make=None)
        usages.record(uow, "")

    # when
    answers = [await usages_service.DeliverAllUsages(DeliverAllUsagesRequest()) for _ in range(2)]

    # then
    assert [(answer.delivered_count, answer.failed_count) for answer in answers] == [(1, 0), (0, 0)]
    sql = "SELECT user_id, properties FROM usages.usage_record WHERE properties->>'ResourceId' = $1"
    [row] = await server.rows(sql, resource_id)
    assert row["user_id"] == "anonymous"
    assert json.loads(row["properties"]) == {"Component": "API", "Region": "unknown", "ResourceId": resource_id}


async def test_a_usage_says_by_whom_in_which_call_and_where(server):
    usages = UsagesApi.of(server.app.platform)
    caller_id, organization_id = ids.new_id("user"), ids.new_id("org")
    set_current_call(Call(Caller(caller_id), "call-of-a-test", organization_id=organization_id))

    async with server.database.begin(organization_id) as uow:
        usages.record(uow, "Car Registered", TenantId="another", Component="WEB")
        usages.record(uow, "Car Seen", for_id=ANONYMOUS)

    first, second = [json.loads(text) for text in await server.queued("usages", caller_id)]
    assert (first["ForId"], second["ForId"]) == (caller_id, ANONYMOUS)
    assert first["TenantId"] == organization_id
    common = {"CallId": "call-of-a-test", "TenantId": organization_id}
    assert first["Additional"] == {"Component": "WEB", **common}
    assert second["Additional"] == {"Component": "API", **common}
