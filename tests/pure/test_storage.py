import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from calltrace.kit.errors import ConfigurationError, NotFoundError, UnavailableError
from calltrace.storage import ObjectStore


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore.from_url(f"file://{tmp_path}/new/store")


async def pieces(*parts: bytes) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part


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
    await store.put("a", pieces(b"new"))
    assert await store.get_range("a", 0, 10) == b"new"


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


async def test_a_source_that_fails_leaves_no_object_and_passes_its_error(store: ObjectStore) -> None:
    async def broken() -> AsyncGenerator[bytes]:
        yield b"half"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.put("a", broken())
    with pytest.raises(NotFoundError):
        await store.size("a")


async def test_folders_on_disk_are_for_their_owner_only(store: ObjectStore, tmp_path: Path) -> None:
    await store.check()
    for folder in (tmp_path / "new", tmp_path / "new/store"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_the_check_leaves_nothing_behind(store: ObjectStore, tmp_path: Path) -> None:
    await store.check()
    assert not [path for path in (tmp_path / "new/store").rglob("*") if path.is_file()]


async def test_the_check_says_what_does_not_work(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "new/store/probe").write_text("a file where the folder should be")
    with pytest.raises(UnavailableError, match="cannot be written to"):
        await store.check()


async def test_a_path_with_spaces_and_accents_is_that_path(tmp_path: Path) -> None:
    store = ObjectStore.from_url((tmp_path / "Büro 1").as_uri())
    await store.put("a", pieces(b"x"))
    assert (tmp_path / "Büro 1" / "a").read_bytes() == b"x"


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://host/x", "file:relative", "file://host/x", "s3://"])
def test_a_url_of_no_store_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="STORAGE_URL"):
        ObjectStore.from_url(url)


async def test_a_cloud_that_does_not_answer_is_unavailable_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnavailableError) as caught:
        await ObjectStore.from_url("s3://bucket/calls").put("a", pieces(b"x"))
    assert caught.value.retryable
    assert "\n" not in caught.value.detail
