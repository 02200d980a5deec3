"""No audit is ever changed: not by the application, and not by the owner of the database."""

import asyncpg
import pytest
from tenantry.audits.v1.audits_service_pb2 import DeliverAuditsRequest

from server.kernel.database.pool import APPLICATION_ROLE
from tests.messages import message


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audits.audit SET audit_code = 'Other'",
        "DELETE FROM audits.audit",
        "TRUNCATE audits.audit",
    ],
)
@pytest.mark.parametrize("role", ["none", APPLICATION_ROLE])
async def test_nobody_changes_an_audit(audits_service, server, sql, role):
    # given
    request = DeliverAuditsRequest(messages=[message(AuditCode="Kept")])
    await audits_service.DeliverAudits(request, metadata=server.as_service())
    before = await server.rows("SELECT count(*) FROM audits.audit WHERE audit_code = 'Kept'")
    connection = await asyncpg.connect(server.dsn, server_settings={"role": role})

    # when
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(sql)
    await connection.close()

    # then
    assert await server.rows("SELECT count(*) FROM audits.audit WHERE audit_code = 'Kept'") == before
