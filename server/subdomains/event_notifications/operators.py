"""What the command line does with queued work: as operators do by their calls, as audited, and without a server."""

from server.kernel.database import Database
from server.kernel.deliveries.operations import Operations
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.event_notifications.application.operations import OperationsApplication


def operations_on(database: Database) -> OperationsApplication:
    """The use cases of operators, for whoever has nothing but the database."""
    return OperationsApplication(begin=database.begin, operations=Operations(database), audits=AuditsApi(UsagesApi()))
