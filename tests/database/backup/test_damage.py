"""Of a backup that is not whole nothing is restored; what broke off is begun again."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calltrace.backup import manifest, objects, verify
from calltrace.backup.errors import BackupDamagedError, BackupNewerError
from calltrace.db.migrate import head_revision
from calltrace.kit.errors import NotFoundError
from calltrace.recordings.models import Recording
from database.backup.conftest import Furnished, NewSite, value
from database.backup.site import AUDIO, Site, audio_of, keep_audio

CHILD = Path(__file__).with_name("cut_off_child.py")
TESTS = Path(__file__).parents[2]


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _nothing(_stage: str, _done: int, _total: int) -> None:
    pass


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


FILES = (
    "state-*/analyses.copy.gz",
    "state-*/objects.jsonl.gz",
    "state-*/secret.key",
    "manifest.json",
)
OBJECT = "objects/*/[0-9a-f]*"


@pytest.mark.parametrize("damage", [_flip, _cut, Path.unlink], ids=["changed", "cut", "missing"])
async def test_damage_is_found_before_anything_is_changed(
    furnished: Furnished, new_site: NewSite, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    await furnished.site.back_up(tmp_path / "backup")
    site = await new_site(key=None)
    for number, pattern in enumerate(FILES):
        root = shutil.copytree(tmp_path / "backup", tmp_path / f"copy-{number}")
        (path,) = root.glob(pattern)
        damage(path)
        with pytest.raises(BackupDamagedError, match=path.name):
            await site.restore(root)
    assert list(site.folder.iterdir()) == []
    assert await value(site, "SELECT to_regclass('alembic_version')") is None


@pytest.mark.parametrize("damage", [_flip, _cut, Path.unlink], ids=["changed", "cut", "missing"])
async def test_a_restore_goes_on_past_a_damaged_recording_and_names_it(
    furnished: Furnished, new_site: NewSite, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    async with furnished.site.platform() as platform:
        second = await keep_audio(platform, furnished.org, b"another")
    root = tmp_path / "backup"
    await furnished.site.back_up(root)
    lost = root.joinpath(*_place(furnished.recording))
    damage(lost)
    site = await new_site(key=None)
    restored = await site.restore(root)
    assert list(restored.faults) == [lost.name]
    assert str(lost) in restored.faults[lost.name]
    async with site.platform() as platform:
        assert await audio_of(platform, second) == b"another"
        with pytest.raises(NotFoundError):
            await audio_of(platform, furnished.recording)


def _place(recording: Recording) -> tuple[str, str, str]:
    name = hashlib.sha256(recording.object_key.encode()).hexdigest()
    return "objects", name[:2], name


async def test_a_damaged_backup_is_replaced_by_a_whole_one(furnished: Furnished, tmp_path: Path) -> None:
    root = tmp_path / "backup"
    await furnished.site.back_up(root)
    _flip(root / "manifest.json")
    made = await furnished.site.back_up(root)
    assert made.counts.kept == 1
    assert manifest.read(root) == made.manifest


async def _rewrite(root: Path, **changes: object) -> None:
    content = json.loads((root / "manifest.json").read_text()) | changes
    content.pop("checksum")
    checksum = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    (root / "manifest.json").write_text(json.dumps(content | {"checksum": checksum}))


@pytest.mark.parametrize("damage", [_flip, _cut, Path.unlink], ids=["changed", "cut", "missing"])
async def test_a_damaged_list_or_object_is_made_anew_by_the_next_backup(
    furnished: Furnished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(objects, "EVERY_DAYS", 1)
    root = tmp_path / "backup"
    await furnished.site.back_up(root)
    for pattern in ("state-*/objects.jsonl.gz", OBJECT):
        (path,) = root.glob(pattern)
        damage(path)
        await furnished.site.back_up(root)
        found = manifest.read(root)
        assert await verify.check(root, found, _nothing) == {}


@pytest.mark.parametrize("changes", [{"format": 2, "unheard": 1}, {"revision": "9999"}], ids=str)
async def test_a_backup_of_a_newer_version_is_refused(
    furnished: Furnished, new_site: NewSite, tmp_path: Path, changes: dict[str, Any]
) -> None:
    root = tmp_path / "backup"
    await furnished.site.back_up(root)
    await _rewrite(root, version="99.0", **changes)
    site = await new_site(key=None)
    with pytest.raises(BackupNewerError, match=r"Call Trace 99\.0"):
        await site.restore(root)


async def test_names_that_lead_out_of_the_folder_are_refused(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    root = tmp_path / "backup"
    made = await furnished.site.back_up(root)
    await _rewrite(root, state=f"../backup/{made.manifest.state}")
    with pytest.raises(BackupDamagedError):
        await (await new_site(key=None)).restore(root)


def _cut_off(what: str, site: Site, root: Path, step: str, done: int) -> None:
    """Start it in a process of its own, and kill -9 that at a step."""
    arguments = [what, step, str(done), str(root), str(site.folder), site.dsn]
    with subprocess.Popen(
        [sys.executable, str(CHILD), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(TESTS)},
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == b"there\n"
        child.kill()


@pytest.mark.parametrize(("step", "done"), [("database", 7), ("recordings", 0), ("recordings", 2)])
async def test_a_backup_that_is_killed_leaves_the_old_one_good(
    furnished: Furnished, new_site: NewSite, tmp_path: Path, step: str, done: int
) -> None:
    root, site = tmp_path / "backup", furnished.site
    before = (await site.back_up(root)).manifest
    async with site.platform() as platform:
        await platform.vault.save(Path(__file__), "second")
    copy = (
        "INSERT INTO recordings (id, org_id, object_key, sealed_key, size_bytes, sha256, media)"
        " SELECT gen_random_uuid(), org_id, 'second', sealed_key, 1, '', '' FROM recordings"
    )
    await value(site, copy)
    await asyncio.to_thread(_cut_off, "backup", site, root, step, done)
    assert manifest.read(root) == before
    empty = await new_site(key=None)
    await empty.restore(root)
    async with empty.platform() as platform:
        assert await audio_of(platform, furnished.recording) == AUDIO
    made = await site.back_up(root)
    assert made.counts.copied == (0 if done == 2 else 1)
    assert len(list(root.glob("state-*"))) == 1


@pytest.mark.parametrize(
    ("step", "done"), [("checking", 0), ("recordings", 0), ("database", 0), ("database", 12)]
)
async def test_a_restore_that_is_killed_is_begun_again(
    furnished: Furnished, new_site: NewSite, tmp_path: Path, step: str, done: int
) -> None:
    root = tmp_path / "backup"
    await furnished.site.back_up(root)
    site = await new_site(key=None)
    await asyncio.to_thread(_cut_off, "restore", site, root, step, done)
    if await value(site, "SELECT to_regclass('organisations') IS NOT NULL"):
        assert await value(site, "SELECT count(*) FROM organisations") == 0
    await _gone(site)
    assert (await site.restore(root)).revision == head_revision()
    async with site.platform() as platform:
        assert await audio_of(platform, furnished.recording) == AUDIO


async def _gone(site: Site) -> None:
    """Until the server has noticed that the killed process hung up."""
    others = "SELECT count(*) > 1 FROM pg_stat_activity WHERE datname = current_database()"
    while await value(site, others):  # noqa: ASYNC110 - it is the server's event, not ours
        await asyncio.sleep(0.05)
