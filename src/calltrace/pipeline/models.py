"""Tables of the installation as a whole: they name no organisation; only the operator's role reads them."""

import uuid
from datetime import datetime

from sqlalchemy import String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Json


class WorkerSign(Base):
    """That a worker is there. Unlogged: after a crash of the server each one says so again.

    Attributes:
        id: as the queue knows the worker (``identity``).
        name: machine and process, for reading.
        seen_at: its last sign of life, by the database's clock.
    """

    __tablename__ = "workers"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own way
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    seen_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class Milestone(Base):
    """When something last happened that concerns everybody, such as a backup."""

    __tablename__ = "milestones"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    details: Mapped[Json] = mapped_column(JSONB, server_default="{}")
