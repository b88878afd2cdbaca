"""Tables: recordings and what is kept beside them, uploads, stored objects to be removed."""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import Mode
from calltrace.db.base import Base, Row, Tenant
from calltrace.recordings.vault import Stored


class SealedAudio:
    """Mixin: audio as stored, encrypted under a data key of its own, which is sealed here.

    Forgetting ``sealed_key`` erases every copy of the audio.
    """

    object_key: Mapped[str] = mapped_column(Text)
    sealed_key: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    media: Mapped[str] = mapped_column(String(40))

    @property
    def stored(self) -> Stored:
        """What the vault needs to read it."""
        return Stored(self.object_key, self.sealed_key, self.size_bytes, self.sha256)


class Recording(Row, Tenant, SealedAudio, Base):
    """A call's audio as it came."""

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_org_id", "org_id", "created_at"),)
    content_type: Mapped[str | None] = mapped_column(String(255))


class Rendition(Tenant, SealedAudio, Base):
    """A copy of a recording that browsers play.

    A recording is not deleted while there is one (no ON DELETE): whoever forgets the one forgets the other.
    """

    __tablename__ = "renditions"
    recording_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recordings.id"), primary_key=True)


class WaveformRow(Tenant, Base):
    """How a recording looks (``recordings.waveform``): one byte a point, channel after channel."""

    __tablename__ = "waveforms"
    recording_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    points_per_second: Mapped[int] = mapped_column(SmallInteger)
    channels: Mapped[int] = mapped_column(SmallInteger)
    points: Mapped[bytes] = mapped_column(LargeBinary)


class Upload(Row, Tenant, Base):
    """A file on its way from a client: its pieces are kept sealed until an analysis takes them.

    Attributes:
        status: ``open`` takes bytes; ``complete`` waits for its analysis; ``used`` has one that will read it;
            ``kept`` has one that failed; ``spent`` is read by nobody any more, and what was stored of it is
            doomed.
        received: bytes that are safely stored; where a client that lost its connection goes on.
        pieces: how many they are.
        size_bytes: of the whole, as far as requests have told.
        declared_bytes: of the whole, as the client said when it asked for the upload.
        content_type: as the client named it.
        direct: the client puts it straight into the object store, as one object (``object_prefix``).
        writer: the request that may add bytes now; one that lost its turn finds another here (fencing).
        again: whether the file is kept when its analysis fails, so that it can be tried again, as ``kept``.
        cleared_at: since when nothing of it can be in the store any more, whatever comes late.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("status IN ('open','complete','used','kept','spent')", name="status"),
        Index("ix_uploads_expires_at", "expires_at", postgresql_where=text("cleared_at IS NULL")),
    )
    status: Mapped[str] = mapped_column(String(10), server_default="open")
    mode: Mapped[Mode] = mapped_column(String(4), server_default="live")
    file_name: Mapped[str | None] = mapped_column(String(255))
    object_prefix: Mapped[str] = mapped_column(Text)
    sealed_key: Mapped[str] = mapped_column(Text)
    received: Mapped[int] = mapped_column(BigInteger, server_default="0")
    pieces: Mapped[int] = mapped_column(BigInteger, server_default="0")
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    declared_bytes: Mapped[int | None] = mapped_column(BigInteger)
    content_type: Mapped[str | None] = mapped_column(String(255))
    direct: Mapped[bool]
    again: Mapped[bool] = mapped_column(server_default=text("false"))
    writer: Mapped[uuid.UUID | None]
    expires_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))


class UploadPiece(Tenant, Base):
    """Some bytes of an upload as stored: an object of its own, sealed under a key made from its name."""

    __tablename__ = "upload_pieces"
    upload_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    object_key: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(Integer)


class DoomedObject(Tenant, Base):
    """An object of the store that is to be removed once ``due_at`` has passed.

    Written before an object is stored and taken back when its row is, so that nothing is forgotten when a
    process dies in between; and written when a recording is erased, in the same transaction.
    """

    __tablename__ = "doomed_objects"
    __table_args__ = (Index("ix_doomed_objects_due_at", "due_at"),)
    object_key: Mapped[str] = mapped_column(Text, primary_key=True)
    due_at: Mapped[datetime]
