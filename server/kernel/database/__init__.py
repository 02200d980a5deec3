"""
The one way to PostgreSQL.

Statements are written in SQLAlchemy Core, compiled once, and run by asyncpg as prepared statements on a connection that
is held only for the statement or the transaction.
"""

from server.kernel.database.database import Consumer, Database
from server.kernel.database.reader import Reader
from server.kernel.database.unit_of_work import OpenUnitOfWork, UnitOfWork

__all__ = ["Consumer", "Database", "OpenUnitOfWork", "Reader", "UnitOfWork"]
