"""The base of all tables, and the mixin that makes a table belong to one organisation."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, ForeignKey, MetaData, String, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from calltrace.kit.ids import uuid7

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Names of constraints follow one convention, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        uuid.UUID: Uuid,
        Json: JSONB,
    }


class Row:
    """Mixin: a UUIDv7 primary key and the moment of creation."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Named(Row):
    """Mixin: a row that people name, and that another system may know under an id of its own."""

    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(255))


class Tenant:
    """Mixin: the row belongs to one organisation; row-level security is keyed by this column."""

    @declared_attr
    def org_id(self) -> Mapped[uuid.UUID]:
        """The organisation."""
        return mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), index=False)
