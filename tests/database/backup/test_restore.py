"""What was backed up comes back on an empty machine: data, tokens, recordings; unfinished work goes on."""

import json
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest

from calltrace.analyses import lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.api.app import create_app
from calltrace.backup.errors import RestoreRefusedError
from calltrace.backup.service import Options
from calltrace.db.connections import connect
from calltrace.db.migrate import head_revision, migrate
from calltrace.pipeline.context import Platform
from calltrace.pipeline.deliver import Deliverer
from calltrace.pipeline.housekeeping import tidy
from calltrace.pipeline.mailing import Mailer
from database.analyses.factory import EVALUATION, TRANSCRIPT, claimed, playable, submitted
from database.backup.conftest import Furnished, NewSite, age, furnish, value
from database.backup.site import AUDIO, Site, audio_of, intake_of, store_audio
from database.webhooks.conftest import Receiver

LEASE = 30.0
COPY = bytes(range(256)) * 500


async def _finished_call(platform: Platform, org: uuid.UUID) -> uuid.UUID:
    """A call that went all the way, with its recording."""
    analysis_id = await submitted(intake_of(platform), org, external_id="crm-2")
    claim = await claimed(intake_of(platform), org, analysis_id)
    recording, notes = await store_audio(platform, org), ProcessingDocument()
    async with platform.database.tenant(org) as session:
        await lifecycle.keep_recording(session, claim, recording, notes)
    await playable(platform, claim, platform.settings.data_dir, COPY)
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, notes, platform.links)
    return analysis_id


async def _get(platform: Platform, token: str, path: str) -> httpx2.Response:
    app = create_app(lambda: platform)
    app.state.platform = platform
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://calls.test") as client:
        return await client.get(path, headers={"Authorization": f"Bearer {token}"})


async def _documents(platform: Platform, token: str) -> list[Any]:
    """Every analysis in full; links to recordings carry the time at which they were made."""
    listed = (await _get(platform, token, "/api/v1/analyses")).json()["data"]
    shown = [(await _get(platform, token, f"/api/v1/analyses/{one['analysisId']}")).json() for one in listed]
    for one in shown:
        for link in ("recordingUrl", "playbackUrl"):
            one["call"].pop(link)
    return shown


async def test_the_same_documents_with_the_same_token_and_the_recording_plays(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    async with furnished.site.platform() as platform:
        call = await _finished_call(platform, furnished.org)
        before = await _documents(platform, furnished.token)
    made = await furnished.site.back_up(tmp_path / "backup")
    site = await new_site(key=None)
    restored = await site.restore(tmp_path / "backup")
    assert (restored.manifest, restored.key_installed) == (made.manifest, True)
    assert site.key.file.read_text().strip() == furnished.site.key.value
    assert site.key.file.stat().st_mode & 0o777 == 0o600
    async with site.platform() as platform:
        assert await _documents(platform, furnished.token) == before
        assert len(before) == 2
        shown = (await _get(platform, furnished.token, f"/api/v1/analyses/{call}")).json()["call"]
        for link, content in (("recordingUrl", AUDIO), ("playbackUrl", COPY)):
            assert (await _get(platform, furnished.token, shown[link])).content == content
        assert (await _get(platform, furnished.token, f"/api/v1/calls/{call}/peaks")).status_code == 200


async def test_every_row_of_every_table_is_the_same(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    made = await furnished.site.back_up(tmp_path / "backup")
    site = await new_site(key=None)
    await site.restore(tmp_path / "backup")
    for table in made.manifest.tables:
        content = f"SELECT string_agg(one::text, ' ' ORDER BY one::text) FROM {table.table} one"
        assert await value(site, content) == await value(furnished.site, content), table.table
    lifted = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
    assert await value(site, lifted) == 0


async def test_what_was_unfinished_goes_on(new_site: NewSite, receiver: Receiver, tmp_path: Path) -> None:
    source = await new_site(migrated=True)
    async with source.platform() as platform:
        furnished = await furnish(source, platform, receiver.url)
    await source.back_up(tmp_path / "backup")
    site = await new_site(key=None)
    await site.restore(tmp_path / "backup")
    assert await value(site, "SELECT count(*) FROM pgqueuer") == 0
    await age(site)
    async with site.platform() as platform:
        await tidy(platform.database, LEASE)
        jobs = await value(site, "SELECT array_agg(dedupe_key ORDER BY dedupe_key) FROM pgqueuer")
        org = furnished.org
        assert jobs == [
            f"process_analysis:{org}/{furnished.analysis_id}",
            f"send_mail:{org}/{furnished.mail_id}",
        ]
        deliverer = Deliverer(platform, uuid.uuid4())
        await deliverer.look()
        await deliverer.idle()
        await Mailer(platform).send(org, str(furnished.mail_id))
    assert receiver.heads[0]["webhook-id"] == furnished.delivery_id
    assert json.loads(receiver.bodies[0])["deliveryId"] == furnished.delivery_id
    (letter,) = (site.folder / "outbox").iterdir()
    assert "Text of the letter" in letter.read_text()


async def test_a_backup_of_an_older_schema_is_brought_up_to_date(new_site: NewSite, tmp_path: Path) -> None:
    old = await new_site()
    await migrate(old.dsn, "0001")
    await value(old, "INSERT INTO organisations (id, name) VALUES (gen_random_uuid(), 'Acme')")
    insert = (
        "INSERT INTO analyses (id, org_id, file_url, status)"
        " SELECT gen_random_uuid(), id, 'https://a.test/1.mp3', 'failed' FROM organisations"
    )
    await value(old, insert)
    made = await old.back_up(tmp_path / "backup")
    assert made.manifest.revision == "0001"
    site = await new_site(key=None)
    assert (await site.restore(tmp_path / "backup")).revision == head_revision()
    assert await value(site, "SELECT file_url || mode FROM analyses") == "https://a.test/1.mp3live"
    newer = await new_site(key=None, migrated=True)
    with pytest.raises(RestoreRefusedError, match="newer than the backup"):
        await newer.restore(tmp_path / "backup")


async def test_a_schema_that_is_there_but_empty_is_filled(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    await furnished.site.back_up(tmp_path / "backup")
    site = await new_site(key=None)
    await migrate(site.dsn, "0002")
    await site.restore(tmp_path / "backup")
    assert await value(site, "SELECT name FROM organisations") == "Acme"


async def test_an_installation_that_is_not_empty_is_left_as_it_is(
    furnished: Furnished, tmp_path: Path
) -> None:
    site = furnished.site
    await site.back_up(tmp_path / "backup")
    await value(site, "UPDATE organisations SET name = 'Newer'")
    with pytest.raises(RestoreRefusedError, match="not empty"):
        await site.restore(tmp_path / "backup")
    assert await value(site, "SELECT name FROM organisations") == "Newer"


async def test_a_database_that_others_use_is_refused(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    await furnished.site.back_up(tmp_path / "backup")
    site = await new_site(key=None)
    other: Any = await connect(site.dsn, None)
    with pytest.raises(RestoreRefusedError, match="being used"):
        await site.restore(tmp_path / "backup")
    await other.close()
    assert not (site.folder / "secret.key").exists()


@pytest.mark.parametrize(
    ("file", "setting", "told"),
    [
        ("another key", "", "secret.key does not open"),
        (None, "another key", "CALLTRACE_SECRET_KEY does not open"),
    ],
)
async def test_a_key_that_does_not_open_the_backup_is_refused(
    furnished: Furnished, new_site: NewSite, tmp_path: Path, file: str | None, setting: str, told: str
) -> None:
    await furnished.site.back_up(tmp_path / "backup")
    site = await new_site(key=file, setting=setting)
    with pytest.raises(RestoreRefusedError, match=told):
        await site.restore(tmp_path / "backup")
    assert await value(site, "SELECT to_regclass('organisations')") is None


async def test_without_its_key_a_backup_needs_the_one_that_was_kept_elsewhere(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    await furnished.site.back_up(tmp_path / "backup", Options(secret_key=False))
    site = await new_site(key=None)
    with pytest.raises(RestoreRefusedError, match="set CALLTRACE_SECRET_KEY"):
        await site.restore(tmp_path / "backup")
    told = Site(site.dsn, site.folder, site.ca_file, f"a new key, {furnished.site.key.value}")
    assert not (await told.restore(tmp_path / "backup")).key_installed
    assert not told.key.file.exists()
    async with told.platform() as platform:
        assert await audio_of(platform, furnished.recording) == AUDIO
