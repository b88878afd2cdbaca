"""A temporary installation: an embedded PostgreSQL of its own, one organisation, gone afterwards."""

import asyncio
import secrets
import tempfile
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calltrace.accounts import keys
from calltrace.accounts.service import create_organisation
from calltrace.bench.report import Say
from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer
from calltrace.db.migrate import migrate
from calltrace.db.session import Database

LOOPBACK = "127.0.0.0/8,::1/128"


@dataclass(frozen=True, slots=True)
class Installation:
    """What a part works with. ``environment`` makes ``calltrace serve`` and ``work`` belong to it."""

    folder: Path
    dsn: str
    org_id: uuid.UUID
    token: str
    secret_key: str
    environment: Mapping[str, str]


@contextmanager
def installation(say: Say, pg_bin: Path | None = None) -> Generator[Installation]:
    """Start one; its files and its server are gone when the context ends.

    Raises:
        DatabaseStartError: with the one thing that is in the way.
    """
    with tempfile.TemporaryDirectory(prefix="calltrace-bench-") as name:
        folder = Path(name)
        say("starting a temporary PostgreSQL")
        server = EmbeddedServer(EmbeddedConfig(folder / "data" / "postgres", pg_bin), lambda _message: None)
        try:
            dsn = server.start()
            asyncio.run(migrate(dsn))
            yield _furnished(folder, dsn)
        finally:
            server.stop()


def _furnished(folder: Path, dsn: str) -> Installation:
    org_id, token = asyncio.run(_organisation(dsn))
    secret_key = secrets.token_urlsafe(32)
    environment = {
        "CALLTRACE_DATA_DIR": str(folder / "data"),
        "CALLTRACE_DATABASE_URL": dsn,
        "CALLTRACE_SECRET_KEY": secret_key,
        "CALLTRACE_OUTBOUND_ALLOW_CIDRS": LOOPBACK,
        "CALLTRACE_LOG_FORMAT": "json",
        "CALLTRACE_SUPERVISED": "1",  # it ends with us, however we end
    }
    return Installation(folder, dsn, org_id, token, secret_key, environment)


async def _organisation(dsn: str) -> tuple[uuid.UUID, str]:
    database = Database(dsn, pool_size=1)
    try:
        async with database.operator() as session:
            organisation = await create_organisation(session, "Benchmark")
        async with database.tenant(organisation.id) as session:
            _key, token = await keys.create(session, organisation.id, name="benchmark")
        return organisation.id, token
    finally:
        await database.close()
