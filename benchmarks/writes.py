"""
What a durable unit of work costs: a row, its event and a delivery, by 64 callers at once.

The same three rows go into the same tables three ways: by our unit of work, by five statements of asyncpg (BEGIN, three
inserts, COMMIT), and by SQLAlchemy's async ORM. Workers are awake meanwhile: a process carries out what our unit of work
queues.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import asyncpg
from sqlalchemy import Column, MetaData, Table, Text, func, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry

from benchmarks import POOL_SIZE
from benchmarks.goals import FIVE_STATEMENTS, ORM_WORK, WORK
from benchmarks.load.target import outcome_of
from benchmarks.process import run_to_end, running_worker
from benchmarks.processor_time import Stopwatch
from benchmarks.sample import Case, Sample
from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.database.event_log import event
from server.kernel.database.types import Id
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.tables import delivery
from server.kernel.events import DomainEvent
from server.kernel.migrate import KERNEL, migrate

CALLERS = 64
SCHEMA = """
create schema writes;
create table writes.note (id uuid primary key, text text not null);
grant usage on schema writes to tenantry_app;
grant insert, select on writes.note to tenantry_app;
"""
note = Table("note", MetaData(schema="writes"), Column("id", Id("note"), primary_key=True), Column("text", Text))
ADD = insert(note)
