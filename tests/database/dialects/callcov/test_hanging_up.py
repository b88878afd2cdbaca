"""A client that goes away in the middle of a submission: nothing stays behind, and it can come again."""

import asyncio
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.recordings import objects
from database.conftest import count
from database.dialects.callcov.conftest import NewKey
from database.dialects.callcov.test_analyses import wave_file

BOUNDARY = "a-boundary"
TABLES = ("analyses", "uploads", "upload_pieces", "recordings", "agents", "answers", "webhook_endpoints")
LOOKS, PAUSE = 400, 0.05
ENOUGH = 8192
"""More than is looked at before anything is kept."""
WAVE = wave_file(20)


def _field(name: str, value: str) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _file(content: bytes) -> bytes:
    head = 'Content-Disposition: form-data; name="audio_file"; filename="a.wav"\r\nContent-Type: audio/wav'
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content


FIELDS = _field("agent_id", "agent_1") + _field("webhook_url", "https://127.0.0.1/hook")
HALVES = {
    "within the first field": FIELDS[:20],
    "before the file": FIELDS,
    "within the first bytes of the file": FIELDS + _file(WAVE[:30]),
    "within the file": FIELDS + _file(WAVE[: len(WAVE) // 2]),
    "after the file": _file(WAVE) + b"\r\n" + FIELDS,
    "before the last boundary": FIELDS + _file(WAVE),
}


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
async def test_nothing_stays_behind(
    address: str, served: Platform, database: Database, org: uuid.UUID, new_key: NewKey, tmp_path: Path,
    *, sent: bytes,
) -> None:  # fmt: skip
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = (
        f"POST {parts.path}/api/v1/analysis/ HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: Bearer {await new_key()}\r\nIdempotency-Key: again\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(sent) + 50}\r\n\r\n"
    )
    writer.write(head.encode() + sent)
    await writer.drain()
    for _ in range(LOOKS if b"a.wav" in sent and len(sent) > ENOUGH else 4):  # until it is being received
        if await count(database, "uploads", org):
            break
        await asyncio.sleep(PAUSE)
    writer.transport.abort()
    del reader
    left: dict[str, int] = {}
    for _ in range(LOOKS):
        left = {table: await count(database, table, org) for table in TABLES}
        if not any(left.values()):
            break
        await asyncio.sleep(PAUSE)
    assert left == dict.fromkeys(TABLES, 0)
    async with database.tenant(org) as session:  # what was stored is doomed with it: housekeeping removes it
        await session.execute(text("UPDATE doomed_objects SET due_at = clock_timestamp()"))
    await objects.sweep(database, served.vault)
    assert [one for one in (tmp_path / "store").rglob("*") if one.is_file()] == []
