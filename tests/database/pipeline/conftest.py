"""Receivers for the tests of deliveries."""

import asyncio
import ssl
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.pipeline.receivers import Receivers


@pytest.fixture
async def nothing_else_waits(database: Database) -> None:
    """Whatever other tests left pending is none of this one's business."""
    async with database.operator() as session:
        await session.execute(text("DELETE FROM webhook_deliveries WHERE status = 'pending'"))


@pytest.fixture
async def receivers(platform: Platform, org: uuid.UUID, authority: Any) -> AsyncGenerator[Receivers]:
    receivers = Receivers(platform, org)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    server = await asyncio.start_server(receivers.answer, "127.0.0.1", 0, ssl=tls, backlog=512)
    receivers.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield receivers
    receivers.revive(*receivers.dead)
    server.close()
