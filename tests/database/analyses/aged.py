"""Calls of before."""

import uuid
from datetime import timedelta

from sqlalchemy import func

from calltrace.analyses.models import Analysis
from calltrace.db.session import Database
from calltrace.recordings.models import Recording


async def aged_call(
    database: Database, org: uuid.UUID, *, days: int, status: str = "completed", object_key: str = ""
) -> uuid.UUID:
    """A call that came in so many days ago, with a recording."""
    async with database.tenant(org) as session:
        recording = Recording(
            org_id=org, object_key=object_key or f"{org}/{uuid.uuid4()}", sealed_key="k", size_bytes=1,
            sha256="0", media="wav", content_type=None,
        )  # fmt: skip
        session.add(recording)
        await session.flush()
        call = Analysis(
            org_id=org, file_url="https://127.0.0.1/old.mp3", status=status, recording_id=recording.id,
            created_at=func.clock_timestamp() - timedelta(days=days), playable=True,
        )  # fmt: skip
        session.add(call)
        await session.flush()
        return call.id
