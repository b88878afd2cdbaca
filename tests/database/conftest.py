"""A real PostgreSQL for the whole run; every test works in organisations of its own."""

import tempfile
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import keys
from calltrace.accounts.models import Mode, Organisation
from calltrace.accounts.scopes import SCOPES
from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.submit import Intake, Submission
from calltrace.db import connections, transaction
from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer
from calltrace.db.migrate import migrate
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox
from calltrace.kit.outbound import OutboundClient, OutboundPolicy
from calltrace.pipeline.context import Platform
from calltrace.recordings.fetch import FetchLimits
from calltrace.recordings.vault import Vault
from calltrace.settings import load_settings
from calltrace.storage import ObjectStore
from database.line import Line, line_to

SECRET = "a-secret-key-of-the-tests"
NewOrg = Callable[[], Awaitable[uuid.UUID]]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmbeddedServer]:
    config = EmbeddedConfig(tmp_path_factory.mktemp("server") / "postgres")
    with EmbeddedServer(config, lambda _message: None) as server:
        yield server


@pytest.fixture(scope="session")
def dsn(postgres: EmbeddedServer) -> str:
    return postgres.dsn


@pytest.fixture(scope="session")
async def migrated(dsn: str) -> str:
    await migrate(dsn)
    return dsn


@pytest.fixture(scope="session")
async def database(migrated: str) -> AsyncGenerator[Database]:
    database = Database(migrated)
    yield database
    await database.close()


@pytest.fixture
async def empty(postgres: EmbeddedServer) -> AsyncGenerator[str]:
    """A database without a schema, owned by somebody whom row-level security holds."""
    name = f"empty_{uuid.uuid4().hex}"
    admin: Any = await connections.connect(postgres.maintenance_dsn, None)
    await admin.execute(f"CREATE DATABASE {name} OWNER calltrace")
    yield postgres.dsn.replace("/calltrace?", f"/{name}?")
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
def new_org(database: Database) -> NewOrg:
    async def make() -> uuid.UUID:
        async with database.operator() as session:
            organisation = Organisation(name=f"org {uuid.uuid4()}")  # with an empty trail
            session.add(organisation)
            await session.flush()
            return organisation.id

    return make


@pytest.fixture
async def org(new_org: NewOrg) -> uuid.UUID:
    return await new_org()


@pytest.fixture
def platform(database: Database, ca_file: Path, tmp_path: Path) -> Platform:
    settings = load_settings(data_dir=tmp_path, fetch_probe="off", webhook_retry_schedule=(1, 5, 25))
    policy = OutboundPolicy.parse("127.0.0.1/32", ca_file=ca_file)
    box, store = SecretBox(SECRET), ObjectStore.from_url((tmp_path / "store").as_uri())
    return Platform(
        settings, database, OutboundClient(policy), box, store, Vault(store, box),
        RecordingLinks("https://calls.test", (SECRET,)), policy, FetchLimits(1 << 20, 10),
    )  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """An organisation and a token of it."""

    org_id: uuid.UUID
    token: str


async def new_token(
    database: Database, org_id: uuid.UUID, scopes: tuple[str, ...] = (), mode: Mode = "live"
) -> str:
    async with database.tenant(org_id) as session:
        return (await keys.create(session, org_id, name="test", wanted=scopes or SCOPES, mode=mode))[1]


@pytest.fixture
async def caller(database: Database, org: uuid.UUID) -> Caller:
    return Caller(org, await new_token(database, org))


@pytest.fixture
def intake(platform: Platform) -> Intake:
    return Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=False)


def submission(**changes: object) -> Submission:
    fields: dict[str, object] = {
        "file_url": "https://127.0.0.1/call.mp3", "file_name": None, "agent_id": None, "queue_id": None,
        "language": "auto", "external_id": None, "idempotency_key": None, "metadata": {},
    }  # fmt: skip
    return Submission(**(fields | changes))  # type: ignore[arg-type] - a table of fields


async def count(database: Database, table: str, org_id: uuid.UUID) -> int:
    async with database.tenant(org_id) as session:
        return await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


async def waiting_jobs(database: Database, key: str) -> int:
    async with database.operator() as session:
        found = await session.scalar(
            text("SELECT count(*) FROM pgqueuer WHERE dedupe_key LIKE :key"), {"key": f"%{key}%"}
        )
        return found or 0


async def waiting_for_locks(database: Database) -> int:
    """How many statements wait for another transaction to end."""
    async with database.operator() as session:
        return await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) or 0


@pytest.fixture(params=[timedelta(hours=-6), timedelta(hours=6)], ids=["behind", "ahead"])
def apart(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> timedelta:
    """This machine's clock is hours away from the database's."""
    by: timedelta = request.param
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + by)
    return by


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for seconds in a test."""
    monkeypatch.setattr(transaction, "BEGIN_SECONDS", 0.5)
    for name in ("CONNECT_SECONDS", "STATEMENT_SECONDS", "POOL_SECONDS", "CLOSE_SECONDS"):
        monkeypatch.setattr(connections, name, 1.0)


@pytest.fixture
async def line(migrated: str, short: None) -> AsyncGenerator[tuple[Line, str]]:
    del short
    with tempfile.TemporaryDirectory() as folder:  # a socket's path is short
        async with line_to(migrated, Path(folder)) as opened:
            yield opened
