"""Table: recordings."""

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Row, Tenant
from calltrace.recordings.vault import Stored


class Recording(Row, Tenant, Base):
    """A call's audio as stored: encrypted under a data key of its own, which is sealed here.

    Forgetting ``sealed_key`` erases every copy of the audio.
    """

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_org_id", "org_id", "created_at"),)
    object_key: Mapped[str] = mapped_column(Text)
    sealed_key: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    media: Mapped[str] = mapped_column(String(40))
    content_type: Mapped[str | None] = mapped_column(String(255))

    @property
    def stored(self) -> Stored:
        """What the vault needs to read it."""
        return Stored(self.object_key, self.sealed_key, self.size_bytes, self.sha256)
