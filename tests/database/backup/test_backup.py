"""A backup is one moment of everything, made beside running work; the old one is good until it is done."""

import asyncio
import stat
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from calltrace.backup import catalogue, manifest, objects, snapshot
from calltrace.backup.errors import BackupFailedError
from calltrace.backup.folder import claimed
from calltrace.backup.service import Options
from calltrace.db.connections import connect
from calltrace.db.tables import all_tables
from database.analyses.factory import submitted
from database.backup.conftest import Furnished, NewSite, value
from database.backup.site import Site, audio_of, intake_of, keep_audio, still


async def _tables(site: Site) -> list[catalogue.Table]:
    connection: Any = await connect(site.dsn, "calltrace_operator")
    try:
        return await catalogue.tables(connection)
    finally:
        await connection.close()


async def test_every_table_is_saved_after_those_that_it_needs(furnished: Furnished) -> None:
    found = await _tables(furnished.site)
    # unlogged: calls of this minute, signs of life, signatures of the last minutes
    passing = {"rate_counters", "workers", "spent_signatures"}
    assert {one.name for one in found} == all_tables().tables.keys() - passing
    for number, table in enumerate(found):
        assert table.needs <= {one.name for one in found[:number]}
        assert table.whole


async def test_no_table_counts_by_a_sequence_that_nobody_saves(furnished: Furnished) -> None:
    query = (
        "SELECT string_agg(relname, ',') FROM pg_class WHERE relkind = 'S' AND relname NOT LIKE 'pgqueuer%'"
    )
    assert await value(furnished.site, query) is None


async def test_under_concurrent_submissions_every_analysis_has_all_its_parts(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    site, numbers, under_way = furnished.site, count(2), asyncio.Event()
    async with site.platform() as platform:

        async def submit_for_ever() -> None:
            for number in numbers:
                await submitted(intake_of(platform), furnished.org, idempotency_key=f"key-{number}")
                if number > 20:
                    under_way.set()

        running = [asyncio.create_task(submit_for_ever()) for _ in range(4)]
        await under_way.wait()
        made = await site.back_up(tmp_path / "backup")
        at_the_end = await value(site, "SELECT count(*) FROM analyses")
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    empty = await new_site(key=None)
    await empty.restore(tmp_path / "backup")
    restored = await value(empty, "SELECT count(*) FROM analyses")
    assert restored == next(one.rows for one in made.manifest.tables if one.table == "analyses")
    assert 20 <= restored < at_the_end
    whole = """
        SELECT count(*) FROM analyses a
        JOIN idempotency_keys k ON k.analysis_id = a.id JOIN webhook_deliveries d ON d.analysis_id = a.id
    """
    assert await value(empty, whole) == restored
    for part in ("idempotency_keys", "webhook_deliveries"):
        assert await value(empty, f"SELECT count(*) FROM {part}") == restored


async def test_the_folder_and_all_in_it_is_for_its_owner_only(furnished: Furnished, tmp_path: Path) -> None:
    root = tmp_path / "backup"
    root.mkdir(mode=0o755)
    made = await furnished.site.back_up(root)
    assert made.key == "included"
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_what_the_folder_has_is_not_copied_again_and_what_is_erased_goes(
    furnished: Furnished, tmp_path: Path
) -> None:
    root, site = tmp_path / "backup", furnished.site
    first = await site.back_up(root)
    assert (first.counts.copied, first.counts.kept) == (1, 0)
    async with site.platform() as platform:
        second = await keep_audio(platform, furnished.org, b"another call")
        made = await site.back_up(root)
        assert (made.counts.copied, made.counts.kept, made.manifest.objects.total) == (1, 1, 2)
        await value(site, "DELETE FROM recordings WHERE id = $1", furnished.recording.id)
        await platform.vault.erase(furnished.recording.object_key)
        last = await site.back_up(root)
        assert (last.counts.copied, last.counts.kept, last.erased) == (0, 1, 0)
        assert len([path for path in (root / "objects").rglob("*") if path.is_file()]) == 1
        assert len(list(root.glob("state-*"))) == 1
        assert await audio_of(platform, second) == b"another call"


async def test_a_copy_of_the_wrong_size_is_made_again(furnished: Furnished, tmp_path: Path) -> None:
    root = tmp_path / "backup"
    await furnished.site.back_up(root)
    (copy,) = [path for path in (root / "objects").rglob("*") if path.is_file()]
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1])
    assert (await furnished.site.back_up(root)).counts.copied == 1
    assert copy.read_bytes() == whole


async def test_objects_of_a_call_that_is_erased_meanwhile_are_noted(
    furnished: Furnished, tmp_path: Path
) -> None:
    site = furnished.site
    with claimed(tmp_path / "backup") as folder:
        folder.begin()
        taken = await snapshot.take(site.dsn, folder.state, still)
        await value(site, "DELETE FROM recordings")
        await site.store.delete(furnished.recording.object_key)
        listed, counts = await objects.gather(site.store, folder, taken, None, still)
    assert (listed.total, counts.absent) == (0, [furnished.recording.object_key])
    assert await snapshot.still_named(site.dsn, counts.absent) == []


async def test_an_export_without_a_file_names_no_object(furnished: Furnished, tmp_path: Path) -> None:
    site = furnished.site
    for status in ("queued", "expired"):
        await value(
            site,
            "INSERT INTO exports (id, org_id, mode, kind, format, asked, status)"
            " VALUES (gen_random_uuid(), $1, 'live', 'calls', 'csv', '{}', $2)",
            furnished.org,
            status,
        )
    assert (await site.back_up(tmp_path / "backup")).counts.copied == 1


async def test_a_store_without_the_recordings_is_refused_and_the_old_backup_stays(
    furnished: Furnished, tmp_path: Path
) -> None:
    root, site = tmp_path / "backup", furnished.site
    before = (await site.back_up(root)).manifest
    async with site.platform() as platform:
        gone = await keep_audio(platform, furnished.org)
        await platform.vault.erase(gone.object_key)
    with pytest.raises(BackupFailedError, match="STORAGE_URL"):
        await site.back_up(root)
    assert manifest.read(root) == before
    assert [path.name for path in root.glob("state-*")] == [before.state]
    made = await site.back_up(root, Options(allow_missing=True))
    assert (made.lost, made.manifest.objects.total) == ([gone.object_key], 1)


async def test_pieces_of_an_upload_that_is_under_way_belong_to_it(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    site = furnished.site
    key = await value(site, "SELECT sealed_key FROM recordings")
    columns = "(id, org_id, object_prefix, sealed_key, direct, expires_at)"
    insert = f"INSERT INTO uploads {columns} VALUES (gen_random_uuid(), $1, 'up', $2, false, now())"
    await value(site, insert, furnished.org, key)
    piece = (
        "INSERT INTO upload_pieces (org_id, upload_id, number, object_key, size_bytes)"
        " SELECT org_id, id, 0, 'up/1', 5 FROM uploads"
    )
    await value(site, piece)
    await site.store.put("up/1", b"piece")
    assert (await site.back_up(tmp_path / "backup")).counts.copied == 2
    empty = await new_site(key=None)
    await empty.restore(tmp_path / "backup")
    assert await empty.store.get_range("up/1", 0, 9) == b"piece"


async def test_what_clients_put_into_the_store_themselves_is_copied_each_time(
    furnished: Furnished, tmp_path: Path
) -> None:
    root, site = tmp_path / "backup", furnished.site
    columns = "(id, org_id, object_prefix, sealed_key, direct, expires_at)"
    for name in ("put", "not put yet"):
        key = await value(site, "SELECT sealed_key FROM recordings")
        insert = f"INSERT INTO uploads {columns} VALUES (gen_random_uuid(), $1, $2, $3, true, now())"
        await value(site, insert, furnished.org, name, key)
    for content in (b"first", b"second"):
        await site.store.put("put", content)
        made = await site.back_up(root)
        assert (made.counts.copied, made.lost) == (2 if content == b"first" else 1, [])
        stored = [path.read_bytes() for path in (root / "objects").rglob("*") if path.is_file()]
        assert len(stored) == 2
        assert content in stored


async def test_a_policy_that_hides_rows_is_found_out(furnished: Furnished, tmp_path: Path) -> None:
    owner: Any = await connect(furnished.site.dsn, None)
    await owner.execute("DROP POLICY operator ON mails")
    await owner.close()
    with pytest.raises(BackupFailedError, match="rows of mails"):
        await furnished.site.back_up(tmp_path / "backup")
    assert not list((tmp_path / "backup").glob("state-*"))


async def test_folders_that_are_not_ours_to_fill_are_refused(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(BackupFailedError, match="something else"):
        await furnished.site.back_up(tmp_path / "home")
    root = tmp_path / "backup"
    before = (await furnished.site.back_up(root)).manifest
    other = await new_site(migrated=True)
    with pytest.raises(BackupFailedError, match="another installation"):
        await other.back_up(root)
    with claimed(root), pytest.raises(BackupFailedError, match="Another backup"):
        await furnished.site.back_up(root)
    assert manifest.read(root) == before


async def test_a_database_without_a_schema_is_no_backup(new_site: NewSite, tmp_path: Path) -> None:
    site = await new_site()
    with pytest.raises(BackupFailedError, match="no schema"):
        await site.back_up(tmp_path / "backup")


@pytest.mark.parametrize(
    ("file", "setting", "wanted", "told"),
    [
        ("the key of this site", "", False, "left_out"),
        ("a wrong key", "the key of this site", True, "from_setting"),
        ("a wrong key", "", True, "does_not_fit"),
        (None, "", True, "not_here"),
    ],
)
async def test_the_key_is_left_out_when_it_is_to_be_or_not_ours(
    furnished: Furnished, tmp_path: Path, file: str | None, setting: str, wanted: object, told: str
) -> None:
    site = Site(furnished.site.dsn, furnished.site.folder, furnished.site.ca_file, setting)
    site.key.file.unlink()
    if file:
        site.key.file.write_text(file)
    made = await site.back_up(tmp_path / "backup", Options(secret_key=bool(wanted)))
    assert (made.key, made.manifest.secret_key) == (told, None)
    assert not list((tmp_path / "backup").rglob("secret.key"))
    assert site.key.file.exists() == (file is not None)
