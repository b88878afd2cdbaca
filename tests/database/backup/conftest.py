"""Databases of a test's own on the server of the run, and an installation that has something to lose."""

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from calltrace.accounts import keys
from calltrace.accounts.service import create_organisation
from calltrace.db.connections import connect
from calltrace.db.embedded import EmbeddedServer
from calltrace.db.migrate import migrate
from calltrace.kit import clock
from calltrace.mail import service as mail
from calltrace.pipeline.context import Platform
from calltrace.recordings.models import Recording
from calltrace.webhooks import service as webhooks
from database.analyses.factory import submitted
from database.backup.site import Site, intake_of, keep_audio
from database.webhooks.conftest import receiver

__all__ = ["receiver"]

NewSite = Callable[..., Awaitable[Site]]


@pytest.fixture(scope="session")
async def template(postgres: EmbeddedServer) -> str:
    """A database with the schema and nothing else: a copy of it is made faster than migrated."""
    admin: Any = await connect(postgres.maintenance_dsn, None)
    await admin.execute("CREATE DATABASE site_template OWNER calltrace")
    await admin.close()
    await migrate(_database(postgres, "site_template"))
    return "site_template"


def _database(postgres: EmbeddedServer, name: str) -> str:
    return postgres.dsn.replace("/calltrace?", f"/{name}?")


@pytest.fixture
async def new_site(
    postgres: EmbeddedServer, template: str, tmp_path: Path, ca_file: Path
) -> AsyncGenerator[NewSite]:
    """Makes an installation: with a schema if it is wanted, with a secret key unless it is not."""
    admin: Any = await connect(postgres.maintenance_dsn, None)
    made: list[str] = []

    async def make(
        *, key: str | None = "the key of this site", setting: str = "", migrated: bool = False
    ) -> Site:
        name = f"site_{uuid.uuid4().hex}"
        await admin.execute(
            f"CREATE DATABASE {name} OWNER calltrace TEMPLATE {template if migrated else 'template1'}"
        )
        made.append(name)
        folder = tmp_path / name
        folder.mkdir()
        if key:
            (folder / "secret.key").write_text(key)
        return Site(_database(postgres, name), folder, ca_file, setting)

    yield make
    for name in made:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@dataclass(frozen=True)
class Furnished:
    """An installation with one of everything that must not get lost.

    Attributes:
        token: of an API key.
        analysis_id: of an analysis that waits.
        delivery_id: of its event ``analysis.created``, which waits too.
        mail_id: of a message that waits.
        recording: one that is stored.
    """

    site: Site
    org: uuid.UUID
    token: str
    analysis_id: uuid.UUID
    delivery_id: str
    mail_id: uuid.UUID
    recording: Recording


@pytest.fixture
async def furnished(new_site: NewSite) -> Furnished:
    site = await new_site(migrated=True)
    async with site.platform() as platform:
        return await furnish(site, platform)


async def furnish(site: Site, platform: Platform, url: str = "https://127.0.0.1/hook") -> Furnished:
    async with platform.database.operator() as session:
        org = (await create_organisation(session, "Acme")).id
    async with platform.database.tenant(org) as session:
        token = (await keys.create(session, org, name="test", wanted=()))[1]
        await webhooks.create_endpoint(
            session, org, url=url, events=["analysis.created"], box=platform.box, policy=platform.policy
        )
    analysis_id = await submitted(intake_of(platform), org, external_id="crm-1", idempotency_key="key-1")
    async with platform.database.tenant(org) as session:
        letter = await mail.send(session, org, "a@example.com", "Subject", "Text of the letter")
    recording = await keep_audio(platform, org)
    delivery_id = await value(site, "SELECT id FROM webhook_deliveries")
    return Furnished(site, org, token, analysis_id, delivery_id, letter.id, recording)


async def value(site: Site, statement: str, *arguments: object) -> Any:
    """The first value that a statement answers, past every policy; it is committed."""
    connection: Any = await connect(site.dsn, "calltrace_operator")
    try:
        return await connection.fetchval(statement, *arguments)
    finally:
        await connection.close()


async def age(site: Site) -> None:
    """As if everything had been written ten minutes ago."""
    past = clock.now().timestamp() - 600
    await value(site, "UPDATE analyses SET created_at = to_timestamp($1), touched_at = NULL", past)
    await value(site, "UPDATE webhook_deliveries SET next_attempt_at = to_timestamp($1)", past)
    await value(site, "UPDATE mails SET next_attempt_at = to_timestamp($1)", past)
