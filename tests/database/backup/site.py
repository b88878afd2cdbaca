"""An installation of a test's own: a database, a store, a key."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.submit import Intake
from calltrace.backup import restore
from calltrace.backup.folder import claimed
from calltrace.backup.keys import KeyAtHand
from calltrace.backup.restore import Restored
from calltrace.backup.service import Made, Options, back_up
from calltrace.backup.snapshot import Moved
from calltrace.db.session import Database
from calltrace.kit.encryption import SecretBox
from calltrace.kit.outbound import OutboundClient, OutboundPolicy
from calltrace.pipeline.context import Platform
from calltrace.recordings import objects
from calltrace.recordings.fetch import FetchLimits
from calltrace.recordings.models import Recording
from calltrace.recordings.vault import Vault
from calltrace.settings import load_settings
from calltrace.storage import ObjectStore

AUDIO = bytes(range(256)) * 2000


def still(_step: str, _done: int, _total: int) -> None:
    """A progress listener that does not care."""


@dataclass(frozen=True)
class Site:
    """Where an installation is. ``dsn`` is a database that nothing else uses."""

    dsn: str
    folder: Path
    ca_file: Path
    setting: str = ""

    @property
    def key(self) -> KeyAtHand:
        return KeyAtHand(self.setting, self.folder / "secret.key")

    @property
    def store(self) -> ObjectStore:
        return ObjectStore.from_url((self.folder / "store").as_uri())

    @asynccontextmanager
    async def platform(self) -> AsyncGenerator[Platform]:
        secret = self.key.value
        assert secret
        settings = load_settings(data_dir=self.folder, fetch_probe="off", webhook_retry_schedule=(1, 5, 25))
        policy = OutboundPolicy.parse("127.0.0.1/32", ca_file=self.ca_file)
        box, store = SecretBox(secret), self.store
        platform = Platform(
            settings, Database(self.dsn), OutboundClient(policy), box, store, Vault(store, box),
            RecordingLinks("https://calls.test", (secret,)), policy, FetchLimits(1 << 20, 10),
        )  # fmt: skip
        try:
            yield platform
        finally:
            await platform.close()

    async def back_up(self, root: Path, options: Options | None = None, moved: Moved = still) -> Made:
        with claimed(root) as folder:
            return await back_up(self.dsn, self.store, folder, self.key, options or Options(), moved)

    async def restore(self, root: Path, moved: Moved = still) -> Restored:
        with restore.opened(root) as found:
            source = await restore.examine(root, found, self.key, moved)
            return await restore.bring_back(self.dsn, self.store, source, self.key, moved)


def intake_of(platform: Platform) -> Intake:
    return Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=False)


async def keep_audio(platform: Platform, org: uuid.UUID, audio: bytes = AUDIO) -> Recording:
    """A recording that is stored, and its row."""
    recording = await store_audio(platform, org, audio)
    async with platform.database.tenant(org) as session:
        session.add(recording)
        await objects.spare(session, recording.object_key)
    return recording


async def store_audio(platform: Platform, org: uuid.UUID, audio: bytes = AUDIO) -> Recording:
    """A recording that is stored, before its row is written."""
    path = platform.settings.data_dir / f"audio-{uuid.uuid4()}"
    path.write_bytes(audio)
    stored = await objects.store(platform.database, platform.vault, org, path)
    path.unlink()
    return Recording(
        org_id=org, object_key=stored.object_key, sealed_key=stored.sealed_data_key, size_bytes=stored.size,
        sha256=stored.sha256, media="mp3", content_type="audio/mpeg",
    )  # fmt: skip


async def audio_of(platform: Platform, recording: Recording) -> bytes:
    return b"".join([piece async for piece in platform.vault.read(recording.stored, 0, recording.size_bytes)])
