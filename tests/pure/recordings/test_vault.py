import hashlib
import stat
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from calltrace.kit.encryption import CHUNK, RecordingDamagedError, SecretBox, SecretUnreadableError
from calltrace.kit.errors import NotFoundError
from calltrace.recordings.vault import Stored, Vault
from calltrace.storage import ObjectStore, StorageAwayError
from gate import Gate
from s3server import BUCKET

SIZE = 70 * CHUNK + 123
"""More than one reading window, and not a whole number of chunks."""

CONTENT = hashlib.shake_128(b"audio").digest(SIZE)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(ObjectStore.from_url(f"file://{tmp_path}/store"), SecretBox("secret"))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav"
    path.write_bytes(CONTENT)
    return path


async def read(vault: Vault, stored: Stored, start: int, length: int) -> bytes:
    return b"".join([piece async for piece in vault.read(stored, start, length)])


async def test_a_recording_is_stored_unreadable_and_comes_back_whole(
    vault: Vault, recording: Path, tmp_path: Path
) -> None:
    stored = await vault.save(recording, "org/call")
    assert stored.size == SIZE
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert CONTENT[:100] not in (tmp_path / "store/org/call").read_bytes()
    await vault.load(stored, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == CONTENT
    assert stat.S_IMODE((tmp_path / "back").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("start", "length"),
    [
        (0, 1),
        (0, SIZE),
        (CHUNK - 1, 2),
        (64 * CHUNK - 5, 10),
        (SIZE - 1, 1),
        (SIZE - 5, 500),
        (5 * CHUNK, CHUNK),
    ],
)
async def test_any_range_can_be_read(vault: Vault, recording: Path, start: int, length: int) -> None:
    stored = await vault.save(recording, "call")
    assert await read(vault, stored, start, length) == CONTENT[start : start + length]


async def test_a_range_behind_the_end_is_empty(vault: Vault, recording: Path) -> None:
    stored = await vault.save(recording, "call")
    assert await read(vault, stored, SIZE, 10) == b""
    assert await read(vault, stored, 10, 0) == b""


async def test_an_empty_file_is_a_recording_too(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    stored = await vault.save(tmp_path / "empty", "call")
    await vault.load(stored, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b""


async def test_two_copies_of_one_file_share_neither_key_nor_ciphertext(
    vault: Vault, recording: Path, tmp_path: Path
) -> None:
    first, second = await vault.save(recording, "one"), await vault.save(recording, "two")
    assert first.sealed_data_key != second.sealed_data_key
    assert (tmp_path / "store/one").read_bytes() != (tmp_path / "store/two").read_bytes()


@pytest.mark.parametrize("keep", [0, 8, CHUNK, 30 * (CHUNK + 16) + 8, SIZE])
async def test_a_recording_cut_short_is_noticed_and_nothing_is_left(
    vault: Vault, recording: Path, tmp_path: Path, keep: int
) -> None:
    stored = await vault.save(recording, "call")
    sealed = tmp_path / "store/call"
    sealed.write_bytes(sealed.read_bytes()[:keep])
    with pytest.raises((RecordingDamagedError, Exception)) as caught:
        await vault.load(stored, tmp_path / "back")
    assert caught.value.__class__.__module__.startswith("calltrace.")
    assert not (tmp_path / "back").exists()


async def test_a_recording_swapped_for_another_of_the_same_size_is_noticed(
    vault: Vault, recording: Path, tmp_path: Path
) -> None:
    first, second = await vault.save(recording, "one"), await vault.save(recording, "two")
    with pytest.raises(RecordingDamagedError):
        await vault.load(replace(first, object_key=second.object_key), tmp_path / "back")


async def test_without_its_data_key_a_recording_is_gone(vault: Vault, recording: Path) -> None:
    stored = await vault.save(recording, "call")
    with pytest.raises(SecretUnreadableError):
        await read(vault, replace(stored, sealed_data_key=""), 0, 10)


async def test_an_erased_recording_is_not_found_and_erasing_again_is_fine(
    vault: Vault, recording: Path, tmp_path: Path
) -> None:
    stored = await vault.save(recording, "call")
    await vault.erase("call")
    await vault.erase("call")
    with pytest.raises(NotFoundError):
        await vault.load(stored, tmp_path / "back")


async def test_a_recording_is_saved_read_and_erased_in_a_cloud_too(
    s3: Gate, recording: Path, tmp_path: Path
) -> None:
    store = ObjectStore.from_url(f"s3://{BUCKET}/{uuid.uuid4()}")
    vault = Vault(store, SecretBox("secret"))
    stored = await vault.save(recording, "org/call")
    assert b"".join([part async for part in store.get("org/call")]).count(CONTENT[:100]) == 0
    await vault.load(stored, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == CONTENT
    assert await read(vault, stored, 64 * CHUNK - 5, 10) == CONTENT[64 * CHUNK - 5 : 64 * CHUNK + 5]
    await s3.shut()
    with pytest.raises(StorageAwayError):
        await vault.load(stored, tmp_path / "away")
    assert not (tmp_path / "away").exists()
    await s3.open()
    await vault.erase("org/call")
    with pytest.raises(NotFoundError):
        await vault.load(stored, tmp_path / "gone")
