"""Tables: organisations, users, API keys."""

import uuid
from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Row, Tenant

Plan = Literal["self_hosted", "free", "pro", "business"]
UserRole = Literal["owner", "admin", "supervisor", "reviewer", "agent"]
Contract = Literal["calltrace", "callcov", "callcenterrate", "auralytik"]
Mode = Literal["live", "test"]


class Organisation(Row, Base):
    """A company: the tenant that everything belongs to."""

    __tablename__ = "organisations"
    name: Mapped[str] = mapped_column(String(200), unique=True)
    plan: Mapped[str] = mapped_column(String(20), server_default="self_hosted")


class User(Row, Tenant, Base):
    """A person who signs in; never a credential of the API (acceptance CT-003)."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
        CheckConstraint("role IN ('owner','admin','supervisor','reviewer','agent')", name="role"),
    )
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(Text)


class ApiKey(Row, Tenant, Base):
    """An integration's credential: only a hash of the token is kept (acceptance CT-009)."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_api_keys_org_id", "org_id", "created_at"))
    name: Mapped[str] = mapped_column(String(100))
    contract: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(4))
    prefix: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    allowed_ips: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    rotated_from: Mapped[uuid.UUID | None]
