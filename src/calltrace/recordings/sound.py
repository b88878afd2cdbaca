"""What is kept beside a recording: how it looks, and a copy that browsers play; and forgetting all of it."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.recordings import objects, queries
from calltrace.recordings.models import Recording, Rendition, WaveformRow
from calltrace.recordings.rendition import MEDIA
from calltrace.recordings.vault import Stored
from calltrace.recordings.waveform import Waveform, packed


async def keep(session: AsyncSession, recording: Recording, waveform: Waveform, copy: Stored | None) -> None:
    """Write down the waveform of a recording, and its copy for browsers, which is spared.

    Raises:
        ObjectDoomedError: the copy came too late.
    """
    owner = {"org_id": recording.org_id, "recording_id": recording.id}
    session.add(
        WaveformRow(
            **owner, points_per_second=waveform.points_per_second, channels=len(waveform.channels),
            points=packed(waveform),
        )
    )  # fmt: skip
    if copy is None:
        return
    session.add(
        Rendition(
            **owner, object_key=copy.object_key, sealed_key=copy.sealed_data_key, size_bytes=copy.size,
            sha256=copy.sha256, media=MEDIA,
        )
    )  # fmt: skip
    await session.flush()
    await objects.spare(session, copy.object_key)


async def forget(session: AsyncSession, recording: Recording) -> list[str]:
    """Delete a recording with all that was kept beside it; answers the objects, which are doomed.

    Nobody deletes a recording in another way: the database refuses it while there is a copy.
    """
    copy = await queries.rendition(session, recording.id)
    await session.execute(delete(Rendition).where(Rendition.recording_id == recording.id))
    await session.delete(recording)
    keys = [one.object_key for one in (recording, copy) if one is not None]
    await objects.doom(session, recording.org_id, keys)
    return keys
