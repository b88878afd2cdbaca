"""One behaviour, on a local disk and on a real S3 server."""

import asyncio
import signal
import stat
import sys
import uuid
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from calltrace.kit.errors import ConfigurationError, NotFoundError
from calltrace.storage import ObjectStore, StorageAwayError
from gate import Gate
from s3server import BUCKET
from tinydisk import remount, tiny_disk


@pytest.fixture
def local(tmp_path: Path) -> ObjectStore:
    return ObjectStore.from_url(f"file://{tmp_path}/new/store")


@pytest.fixture
def remote(s3: Gate) -> ObjectStore:
    assert s3.port
    return ObjectStore.from_url(f"s3://{BUCKET}/{uuid.uuid4()}")


@pytest.fixture(params=["local", "remote"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    return request.getfixturevalue(request.param)


async def pieces(*parts: bytes) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_an_object_comes_back_whole_in_ranges_and_with_its_size(store: ObjectStore) -> None:
    await store.put("org/a.bin", pieces(b"hello ", b"", b"world"))
    assert b"".join([part async for part in store.get("org/a.bin")]) == b"hello world"
    assert await store.get_range("org/a.bin", 6, 3) == b"wor"
    assert await store.get_range("org/a.bin", 6, 300) == b"world"
    assert await store.get_range("org/a.bin", 6, 0) == b""
    assert await store.size("org/a.bin") == 11


async def test_a_large_object_is_streamed_both_ways(store: ObjectStore) -> None:
    part = bytes(1024 * 1024)
    await store.put("large", pieces(*[part] * 20))
    assert [len(piece) async for piece in store.get("large")] == [8 << 20, 8 << 20, 4 << 20]


async def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    await store.put("empty", pieces())
    assert [part async for part in store.get("empty")] == []
    assert await store.size("empty") == 0


async def test_putting_again_replaces(store: ObjectStore) -> None:
    await store.put("a", pieces(b"old"))
    await store.put("a", b"new")
    assert await store.get_range("a", 0, 10) == b"new"


async def test_an_object_that_is_replaced_while_it_is_read_is_never_half_old_half_new(
    store: ObjectStore,
) -> None:
    await store.put("a", b"1" * (9 << 20))
    reading = store.get("a")
    assert (await anext(reading))[:1] == b"1"
    await store.put("a", b"2" * (9 << 20))
    with pytest.raises(StorageAwayError):
        await anext(reading)


async def test_deleting_twice_is_fine(store: ObjectStore) -> None:
    await store.put("a", pieces(b"x"))
    await store.delete("a")
    await store.delete("a")
    with pytest.raises(NotFoundError):
        await store.size("a")


async def test_a_missing_object_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFoundError):
        await store.get_range("nothing", 0, 1)
    with pytest.raises(NotFoundError):
        _ = [part async for part in store.get("nothing")]


@pytest.mark.parametrize("error", [ZeroDivisionError(), PermissionError("the source"), FileNotFoundError()])
async def test_a_source_that_fails_leaves_no_object_and_passes_its_error(
    store: ObjectStore, error: Exception
) -> None:
    async def broken() -> AsyncGenerator[bytes]:
        yield b"half"
        raise error

    with pytest.raises(type(error)):
        await store.put("a", broken())
    with pytest.raises(NotFoundError):
        await store.size("a")


async def test_the_check_leaves_nothing_behind(local: ObjectStore, tmp_path: Path) -> None:
    await local.check()
    assert not files_in(tmp_path)


async def test_the_check_passes_in_a_cloud(remote: ObjectStore) -> None:
    await remote.check()


async def test_folders_on_disk_are_for_their_owner_only(local: ObjectStore, tmp_path: Path) -> None:
    await local.check()
    for folder in (tmp_path / "new", tmp_path / "new/store"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_the_check_says_what_does_not_work(local: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "new/store/probe").write_text("a file where the folder should be")
    with pytest.raises(StorageAwayError, match="cannot be written to"):
        await local.check()


async def test_a_path_with_spaces_and_accents_is_that_path(tmp_path: Path) -> None:
    store = ObjectStore.from_url((tmp_path / "Büro 1").as_uri())
    await store.put("a", pieces(b"x"))
    assert (tmp_path / "Büro 1" / "a").read_bytes() == b"x"


_DIE_WHILE_WRITING = """
import asyncio, os, pathlib, sys
from calltrace.storage import ObjectStore

folder = pathlib.Path(sys.argv[1])

async def pieces():
    for number in range(30):
        yield bytes(1 << 20)
        while number == 20:  # what it got is written beside, in a while
            if sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) > 1 << 20:
                os.kill(os.getpid(), 9)
            await asyncio.sleep(0.01)

asyncio.run(ObjectStore.from_url(folder.as_uri()).put("org/a.bin", pieces()))
"""


async def test_a_writer_that_is_killed_for_real_leaves_nothing_that_deleting_does_not_find(
    local: ObjectStore, tmp_path: Path
) -> None:
    folder = tmp_path / "new/store"
    writer = await asyncio.create_subprocess_exec(sys.executable, "-c", _DIE_WHILE_WRITING, folder)
    assert await writer.wait() == -signal.SIGKILL
    assert sum(path.stat().st_size for path in files_in(folder)) > 1 << 20
    await local.delete("org/a.bin")
    assert files_in(folder) == []


async def test_what_a_killed_writer_left_is_deleted_with_the_object(
    local: ObjectStore, tmp_path: Path
) -> None:
    await local.put("org/a", b"x")
    folder = tmp_path / "new/store/org"
    for name in ("a#1", "a#2", "ab#1"):
        (folder / name).write_bytes(b"half")
    await local.delete("org/a")
    assert [path.name for path in folder.iterdir()] == ["ab#1"]


async def test_a_disk_that_is_not_mounted_is_away_and_nothing_is_gone(
    local: ObjectStore, tmp_path: Path
) -> None:
    await local.put("a", b"x")
    folder = tmp_path / "new/store"
    folder.rename(tmp_path / "elsewhere")
    for attempt in (local.size("a"), local.put("b", b"y"), local.delete("a"), local.get_range("a", 0, 1)):
        with pytest.raises(StorageAwayError):
            await attempt
    assert not folder.exists()
    (tmp_path / "elsewhere").rename(folder)
    assert await local.get_range("a", 0, 1) == b"x"


async def test_a_full_disk_is_away_leaves_nothing_half_and_works_again_with_room(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", 4) as disk:
        store = ObjectStore.from_url((disk / "store").as_uri())
        await store.put("small", b"x" * 1000)
        for data in (b"y" * (5 << 20), pieces(*[b"y" * (1 << 20)] * 5)):
            with pytest.raises(StorageAwayError) as caught:
                await store.put("large", data)
            assert "No space left" in caught.value.reason
            with pytest.raises(NotFoundError):
                await store.size("large")
            await store.delete("large")
        await store.put("large", b"y" * (3 << 20))
        assert await store.size("large") == 3 << 20


async def test_a_disk_that_became_read_only_is_away_for_writing_only(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", 4) as disk:
        store = ObjectStore.from_url((disk / "store").as_uri())
        await store.put("a", b"x")
        remount(disk, "ro")
        assert await store.get_range("a", 0, 1) == b"x"
        for attempt in (store.put("b", b"y"), store.put("c/d", pieces(b"z")), store.delete("a")):
            with pytest.raises(StorageAwayError):
                await attempt
        remount(disk, "rw")
        await store.put("b", b"y")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://host/x", "file:relative", "file://host/x", "s3://"])
def test_a_url_of_no_store_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="STORAGE_URL"):
        ObjectStore.from_url(url)


async def test_a_cloud_that_is_away_is_said_to_be_and_is_used_again_when_it_returns(
    remote: ObjectStore, s3: Gate
) -> None:
    await remote.put("a", b"x")
    await s3.shut()
    for attempt in (
        remote.size("a"),
        remote.put("b", b"y"),
        remote.put("c", pieces(b"z")),
        remote.delete("a"),
    ):
        with pytest.raises(StorageAwayError) as caught:
            await attempt
        assert caught.value.retryable
        assert "127.0.0.1" not in caught.value.detail, "callers are not told where it is"
        assert "\n" not in caught.value.reason
    await s3.open()
    assert await remote.get_range("a", 0, 1) == b"x"


async def test_a_bucket_that_is_missing_is_no_missing_object(s3: Gate) -> None:
    assert s3.port
    store = ObjectStore.from_url("s3://no-such-bucket/calls")
    for attempt in (store.size("a"), store.put("a", b"y"), store.get_range("a", 0, 1), store.delete("a")):
        with pytest.raises(StorageAwayError):
            await attempt


async def test_wrong_credentials_are_away(s3: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    assert s3.port
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not the secret")
    with pytest.raises(StorageAwayError):
        await ObjectStore.from_url(f"s3://{BUCKET}/calls").put("a", b"y")


async def test_a_presigned_url_lets_one_object_be_put_and_nothing_else(remote: ObjectStore) -> None:
    assert remote.signs
    url = await remote.presigned_put("up/one", timedelta(hours=1))
    bare, _, query = url.partition("?")
    async with httpx2.AsyncClient(timeout=60) as client:
        assert (await client.put(url, content=b"hello", headers={"Content-Type": "audio/wav"})).is_success
        assert (await client.put(url, content=b"hello again")).is_success
        assert (await client.get(url)).status_code == 403
        assert (await client.put(bare, content=b"x")).status_code == 403
        assert (await client.put(f"{bare}-other?{query}", content=b"x")).status_code == 403
        assert (await client.put(url[:-1] + "g", content=b"x")).status_code == 403
    assert await remote.get_range("up/one", 0, 100) == b"hello again"


def test_a_local_store_presigns_nothing(local: ObjectStore) -> None:
    assert not local.signs
