"""An upload survives whatever happens to the requests that send it."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.kit.encryption import RecordingDamagedError
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.recordings import queries, upload_receive, uploads
from calltrace.recordings.errors import (
    OffsetMismatchError,
    UploadExpiredError,
    UploadIncompleteError,
    UploadInterruptedError,
    UploadTakenOverError,
    UploadTooLargeError,
    UploadUsedError,
)
from calltrace.recordings.upload_inlet import PIECE, Sending
from calltrace.recordings.uploads import Uploads
from calltrace.storage import StorageAwayError
from database.conftest import NewOrg, count
from database.recordings.conftest import MOST
from database.recordings.sending import body, content, objects_in, opened, send, stored
from tinydisk import remount, tiny_disk

DATA = content(2 * PIECE + 1000)


async def test_a_file_arrives_in_sealed_pieces(desk: Uploads, org: uuid.UUID, tmp_path: Path) -> None:
    upload_id = await opened(desk, org)
    state = await send(desk, org, upload_id, DATA)
    assert (state.received, state.size, state.complete) == (len(DATA), len(DATA), True)
    assert await stored(desk, org, upload_id) == DATA
    names = objects_in(tmp_path / "store")
    assert len(names) == 3
    for name in names:
        assert DATA[:64] not in (tmp_path / "store" / name).read_bytes()
    assert await count(desk.database, "doomed_objects", org) == 0


@pytest.mark.parametrize("size", [1, PIECE, PIECE + 1, 2 * PIECE])
async def test_any_size_arrives_whole(desk: Uploads, org: uuid.UUID, size: int) -> None:
    upload_id = await opened(desk, org)
    assert (await send(desk, org, upload_id, DATA[:size])).complete
    assert await stored(desk, org, upload_id) == DATA[:size]


@pytest.mark.parametrize("cut", [1, 1000, PIECE, PIECE + 5, 2 * PIECE + 999])
async def test_what_arrived_before_the_connection_dropped_is_kept(
    desk: Uploads, org: uuid.UUID, cut: int
) -> None:
    upload_id = await opened(desk, org)
    whole = Sending(None, len(DATA), len(DATA), last=True)
    with pytest.raises(UploadInterruptedError):
        await upload_receive.receive(desk, org, upload_id, whole, body(DATA[:cut], cut=True))
    state = await upload_receive.look(desk, org, upload_id)
    assert (state.received, state.size, state.complete) == (cut, len(DATA), False)
    rest = Sending(cut, len(DATA) - cut, None, last=None)
    assert (await send(desk, org, upload_id, DATA[cut:], rest)).complete
    assert await stored(desk, org, upload_id) == DATA


async def test_another_process_goes_on_with_it(desk: Uploads, org: uuid.UUID, migrated: str) -> None:
    upload_id = await opened(desk, org)
    await send(desk, org, upload_id, DATA[:5000], Sending(0, 5000, None, last=False))
    other = replace(desk, database=Database(migrated, pool_size=1))
    state = await send(other, org, upload_id, DATA[5000:], Sending(5000, None, None, last=True))
    await other.database.close()
    assert (state.received, state.complete) == (len(DATA), True)
    assert await stored(desk, org, upload_id) == DATA


async def test_a_put_from_the_start_replaces_what_was_there(
    desk: Uploads, org: uuid.UUID, tmp_path: Path
) -> None:
    upload_id = await opened(desk, org)
    await send(desk, org, upload_id, content(PIECE + 7, b"first"))
    before = objects_in(tmp_path / "store")
    assert (await send(desk, org, upload_id, DATA)).complete
    assert await stored(desk, org, upload_id) == DATA
    async with desk.database.tenant(org) as session:
        doomed = set((await session.scalars(text("SELECT object_key FROM doomed_objects"))).all())
    assert doomed == before


@pytest.mark.parametrize("offset", [0, 999, 1001, len(DATA)])
async def test_a_wrong_offset_is_told_the_right_one(desk: Uploads, org: uuid.UUID, offset: int) -> None:
    upload_id = await opened(desk, org)
    await send(desk, org, upload_id, DATA[:1000], Sending(0, 1000, None, last=False))
    with pytest.raises(OffsetMismatchError) as caught:
        await send(desk, org, upload_id, b"x", Sending(offset, 1, None, last=False))
    assert caught.value.headers == {"Upload-Offset": "1000", "Upload-Complete": "?0"}
    assert (await upload_receive.look(desk, org, upload_id)).received == 1000


async def test_a_complete_file_takes_no_more(desk: Uploads, org: uuid.UUID) -> None:
    upload_id = await opened(desk, org)
    await send(desk, org, upload_id, DATA[:1000])
    with pytest.raises(OffsetMismatchError) as caught:
        await send(desk, org, upload_id, b"x", Sending(1000, 1, None, last=True))
    assert caught.value.headers["Upload-Complete"] == "?1"


async def test_an_empty_last_request_completes_a_file_of_unknown_size(desk: Uploads, org: uuid.UUID) -> None:
    upload_id = await opened(desk, org)
    assert not (await send(desk, org, upload_id, DATA[:10], Sending(0, 10, None, last=None))).complete
    assert (await send(desk, org, upload_id, b"", Sending(10, 0, None, last=True))).complete


async def test_of_two_that_send_at_once_the_later_goes_on_and_the_other_is_told(
    desk: Uploads, org: uuid.UUID
) -> None:
    upload_id = await opened(desk, org)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def halting() -> AsyncGenerator[bytes]:
        yield content(PIECE + 1, b"the slow one")
        reached.set()
        await go_on.wait()
        yield content(PIECE, b"the slow one, later")

    slow = asyncio.create_task(
        upload_receive.receive(desk, org, upload_id, Sending(None, None, None, last=True), halting())
    )
    await reached.wait()
    assert (await send(desk, org, upload_id, DATA)).complete
    go_on.set()
    with pytest.raises(UploadTakenOverError):
        await slow
    assert await stored(desk, org, upload_id) == DATA


async def test_twenty_that_send_the_same_file_at_once_leave_it_whole_once(
    desk: Uploads, org: uuid.UUID
) -> None:
    upload_id, data = await opened(desk, org), content(PIECE + 10)
    answers = await asyncio.gather(
        *(send(desk, org, upload_id, data) for _ in range(20)), return_exceptions=True
    )
    unforeseen = [
        one for one in answers if isinstance(one, Exception) and type(one) is not UploadTakenOverError
    ]
    assert not unforeseen
    assert any(isinstance(one, upload_receive.State) and one.complete for one in answers)
    assert await stored(desk, org, upload_id) == data


@pytest.mark.parametrize(
    "sending",
    [Sending(None, MOST + 1, MOST + 1, last=True), Sending(0, 5, MOST + 1, last=False)],
    ids=["told by its length", "told by its size"],
)
async def test_a_file_that_is_told_too_large_is_refused_before_it_is_read(
    desk: Uploads, org: uuid.UUID, sending: Sending
) -> None:
    upload_id, read = await opened(desk, org), False

    async def watched() -> AsyncGenerator[bytes]:
        nonlocal read
        read = True
        yield b"x"

    with pytest.raises(UploadTooLargeError):
        await upload_receive.receive(desk, org, upload_id, sending, watched())
    assert not read


async def test_a_file_that_turns_out_too_large_is_read_no_further(desk: Uploads, org: uuid.UUID) -> None:
    small = replace(desk, limits=replace(desk.limits, max_bytes=100_000))
    upload_id, came = await opened(small, org), 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal came
        while True:
            came += 1000
            yield bytes(1000)

    with pytest.raises(UploadTooLargeError) as caught:
        await upload_receive.receive(small, org, upload_id, Sending(None, None, None, last=True), endless())
    assert (caught.value.status, caught.value.code) == (413, "file_too_large")
    assert came == 101_000


@pytest.mark.parametrize(
    ("data", "sending"),
    [
        (b"x" * 11, Sending(None, 10, 10, last=True)),
        (b"x" * 11, Sending(None, None, 10, last=True)),
        (b"", Sending(None, 0, 0, last=True)),
        (b"", Sending(None, None, None, last=True)),
        (b"x" * 9, Sending(None, 9, 9, last=True)),
    ],
    ids=["longer than its length", "longer than its size", "empty", "empty chunks", "not as declared"],
)
async def test_a_request_that_lies_is_refused(
    desk: Uploads, org: uuid.UUID, data: bytes, sending: Sending
) -> None:
    declared = None if sending.size != 9 else 10
    upload_id = await opened(desk, org, size_bytes=declared)
    with pytest.raises(InvalidRequestError):
        await send(desk, org, upload_id, data, sending)
    assert not (await upload_receive.look(desk, org, upload_id)).complete


async def test_a_body_shorter_than_its_length_is_kept_and_not_complete(desk: Uploads, org: uuid.UUID) -> None:
    upload_id = await opened(desk, org)
    with pytest.raises(UploadInterruptedError):
        await send(desk, org, upload_id, DATA[:10], Sending(None, 20, 20, last=True))
    state = await upload_receive.look(desk, org, upload_id)
    assert (state.received, state.complete) == (10, False)


async def test_a_file_that_ends_before_its_declared_size_is_incomplete(desk: Uploads, org: uuid.UUID) -> None:
    upload_id = await opened(desk, org, size_bytes=20)
    with pytest.raises(UploadIncompleteError):
        await send(desk, org, upload_id, DATA[:10], Sending(None, None, None, last=True))
    assert (await send(desk, org, upload_id, DATA[10:20], Sending(10, 10, None, last=None))).complete


async def test_two_sizes_for_one_file_are_refused_and_a_new_start_may_have_another(
    desk: Uploads, org: uuid.UUID
) -> None:
    upload_id = await opened(desk, org)
    await send(desk, org, upload_id, DATA[:10], Sending(0, 10, 30, last=False))
    with pytest.raises(InvalidRequestError):
        await send(desk, org, upload_id, DATA[10:20], Sending(10, 10, 40, last=None))
    with pytest.raises(InvalidRequestError):
        await send(desk, org, upload_id, DATA[10:50], Sending(10, 40, None, last=None))
    assert (await send(desk, org, upload_id, DATA[:40])).complete


async def test_nothing_is_sent_to_what_is_used_expired_gone_or_anothers(
    desk: Uploads, org: uuid.UUID, new_org: NewOrg
) -> None:
    stranger = await new_org()
    used, expired = await opened(desk, org), await opened(desk, org)
    await send(desk, org, used, DATA[:10])
    async with desk.database.tenant(org) as session:
        await uploads.take(session, used, "live")
        await session.execute(
            text("UPDATE uploads SET expires_at = now() - interval '1 s' WHERE id = :id"), {"id": expired}
        )
    for upload_id, owner, error in (
        (used, org, UploadUsedError),
        (expired, org, UploadExpiredError),
        (uuid.uuid4(), org, NotFoundError),
        (used, stranger, NotFoundError),
    ):
        with pytest.raises(error):
            await send(desk, owner, upload_id, DATA[:10])
        with pytest.raises(error):
            await upload_receive.look(desk, owner, upload_id)
    assert await stored(desk, org, used) == DATA[:10]


async def test_an_upload_that_an_analysis_takes_meanwhile_takes_nothing_more(
    desk: Uploads, org: uuid.UUID
) -> None:
    upload_id = await opened(desk, org)
    await send(desk, org, upload_id, DATA[:10])

    async def late() -> AsyncGenerator[bytes]:
        async with desk.database.tenant(org) as session:
            await session.execute(text("UPDATE uploads SET status = 'used'"))
        yield b"other bytes"

    with pytest.raises(UploadUsedError):
        await upload_receive.receive(desk, org, upload_id, Sending(None, 11, 11, last=True), late())


async def test_a_piece_that_was_changed_or_swapped_in_the_store_does_not_open(
    desk: Uploads, org: uuid.UUID, tmp_path: Path
) -> None:
    upload_id = await opened(desk, org)
    await send(desk, org, upload_id, DATA[: 2 * PIECE])
    async with desk.database.tenant(org) as session:
        first, second = await queries.pieces(session, upload_id)
    paths = [tmp_path / "store" / piece.object_key for piece in (first, second)]
    contents = [path.read_bytes() for path in paths]
    paths[0].write_bytes(contents[1])
    paths[1].write_bytes(contents[0])
    with pytest.raises(RecordingDamagedError):
        await stored(desk, org, upload_id)


async def test_a_disk_that_is_full_keeps_what_it_has_and_goes_on_with_room(
    desk: Uploads, org: uuid.UUID, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "store", 6) as disk:
        upload_id = await opened(desk, org)
        with pytest.raises(StorageAwayError):
            await send(desk, org, upload_id, DATA)
        state = await upload_receive.look(desk, org, upload_id)
        assert (state.received, state.complete) == (PIECE, False)
        await asyncio.to_thread(remount, disk, "size=40m")
        rest = DATA[state.received :]
        assert (await send(desk, org, upload_id, rest, Sending(PIECE, len(rest), None, last=None))).complete
        assert await stored(desk, org, upload_id) == DATA
