"""Tables: organisations, users, their sessions and codes, keys, the audit trail, usage, rate counters."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Json, Row, Tenant
from calltrace.kit import clock

Plan = Literal["self_hosted", "free", "pro", "business"]
UserRole = Literal["owner", "admin", "supervisor", "reviewer", "agent"]
Contract = Literal["calltrace", "callcov", "callcenterrate", "auralytik"]
Mode = Literal["live", "test"]
CodeKind = Literal["invite", "reset", "verify"]
UserState = Literal["invited", "active", "deactivated"]
AGENT_CHANNELS = "agent_channels IN ('auto','agent-left','agent-right','mono')"
"""What may be said of where the agent is (``speech.roles.ChannelOption``); null: nothing is said."""


class Organisation(Row, Base):
    """A company: the tenant that everything belongs to. ``vocabulary``: see accounts.vocabulary.

    ``languages`` are those that its calls are in (ISO 639-1); none: any.

    ``agent_channels`` says where the agent is on its calls, where neither the call nor its queue does;
    ``redaction`` what is taken out of its calls before they are kept (``evaluation.redaction``).
    ``time_zone`` is an IANA name: where its days begin and end. With ``second_factor_required`` people do
    nothing but set one up until they have one. Recordings, and whole calls, are erased when they are older
    than so many days; null: never.
    ``api_calls_quota`` and ``analyses_quota`` are agreed for a month, in place of the plan's.
    """

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint(AGENT_CHANNELS, name="agent_channels"),
        CheckConstraint("recordings_kept_days > 0 AND calls_kept_days > 0", name="kept_days"),
    )
    name: Mapped[str] = mapped_column(String(200), unique=True)
    plan: Mapped[str] = mapped_column(String(20), server_default="self_hosted")
    vocabulary: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    agent_channels: Mapped[str | None] = mapped_column(String(12))
    redaction: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    api_calls_quota: Mapped[int | None] = mapped_column(Integer)
    analyses_quota: Mapped[int | None] = mapped_column(Integer)
    second_factor_required: Mapped[bool] = mapped_column(server_default=text("false"))
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    recordings_kept_days: Mapped[int | None] = mapped_column(Integer)
    calls_kept_days: Mapped[int | None] = mapped_column(Integer)


class User(Row, Tenant, Base):
    """A person who signs in; never a credential of the API (acceptance CT-003).

    Attributes:
        password_hash: ``None`` until an invitation is accepted, or for good with single sign-on.
        agent_id: which agent of the catalogue the person is, for the role ``agent``.
        deactivated_at: since when nothing opens for the person any more.
        last_seen_at: to the minute.
        sealed_totp: the secret of the second factor; ``None`` without one.
        totp_step: the newest time step of which a code was taken: none is taken twice (RFC 6238, 5.2).
        recovery_hashes: of the codes that are good in place of the second factor, once each.
        email_verified: whether whoever reads the mails of the address has said so.
        awaits_verification: registered, and until then nothing opens.
        signed_on_at: when a provider of single sign-on last vouched for the person.
        former_email: the last address that was confirmed, while another is to be.
        moved_at: since when it is.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
        CheckConstraint("role IN ('owner','admin','supervisor','reviewer','agent')", name="role"),
        Index("uq_users_agent_id", "agent_id", unique=True, postgresql_where=text("agent_id IS NOT NULL")),
        Index("ix_users_org_id", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_users_unconfirmed", "moved_at", postgresql_where=text("moved_at IS NOT NULL")),
    )
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(Text)
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    name: Mapped[str | None] = mapped_column(String(200))
    deactivated_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    sealed_totp: Mapped[str | None] = mapped_column(Text)
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    recovery_hashes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    phone_number: Mapped[str | None] = mapped_column(String(16))
    email_verified: Mapped[bool] = mapped_column(server_default=text("true"))
    awaits_verification: Mapped[bool] = mapped_column(server_default=text("false"))
    signed_on_at: Mapped[datetime | None]
    former_email: Mapped[str | None] = mapped_column(String(320))
    moved_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=clock.now)

    @property
    def state(self) -> UserState:
        """Whether the person can sign in, or not yet, or not any more."""
        if self.deactivated_at is not None:
            return "deactivated"
        return "active" if self.password_hash or self.signed_on_at else "invited"


class RefreshToken(Row, Tenant, Base):
    """A refresh token of a person, good once; those that came of each other are a family.

    One that comes again was stolen, or its successor was: the whole family ends.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index("ix_refresh_tokens_user_id", "user_id"),
        Index("ix_refresh_tokens_family", "family"),
    )
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    family: Mapped[uuid.UUID]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Answer(Row, Tenant, Base):
    """What a request with an idempotency key was answered; while it is worked on there is no status yet.

    The body is sealed: it may hold what is shown once.
    """

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("org_id", "mode", "operation", "key"),
        Index("ix_answers_created_at", "created_at"),
    )
    mode: Mapped[Mode] = mapped_column(String(4))
    operation: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    busy_until: Mapped[datetime | None]
    status: Mapped[int | None] = mapped_column(Integer)
    sealed_body: Mapped[str | None] = mapped_column(Text)


class Subscription(Row, Tenant, Base):
    """What an organisation agreed to pay for, in one mode.

    Attributes:
        status: ``active``, ``past_due`` while a payment is missing, or ``canceled`` once a paid one ended.
        test_plan: the plan of test mode; that of live mode is the organisation's own.
        ends_at: when a plan that was cancelled ends.
        customer: who pays, as the payment service names them.
        agreement: the subscription there that the plan rests on, if it rests on one.
        set_aside: the one that the plan rested on before the operator gave another, which stands over it.
        looks: how often somebody began to look there what holds.
        looked: which of those looks told what is written here; an older one is not believed any more.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("org_id", "mode"),
        Index("ix_subscriptions_ends_at", "ends_at", postgresql_where=text("ends_at IS NOT NULL")),
        UniqueConstraint("customer"),
    )
    mode: Mapped[Mode] = mapped_column(String(4))
    status: Mapped[str] = mapped_column(String(10), server_default="active")
    test_plan: Mapped[str] = mapped_column(String(20))
    ends_at: Mapped[datetime | None]
    customer: Mapped[str | None] = mapped_column(String(255))
    agreement: Mapped[str | None] = mapped_column(String(255))
    set_aside: Mapped[str | None] = mapped_column(String(255))
    looks: Mapped[int] = mapped_column(BigInteger, server_default="0")
    looked: Mapped[int] = mapped_column(BigInteger, server_default="0")


class PlanChange(Row, Tenant, Base):
    """That live mode went over to another plan; a trigger writes it, whoever changes the plan."""

    __tablename__ = "plan_changes"
    __table_args__ = (Index("ix_plan_changes_org_id", "org_id", "created_at"),)
    before: Mapped[str] = mapped_column(String(20))
    plan: Mapped[str] = mapped_column(String(20))


class Invoice(Row, Tenant, Base):
    """What a month that is over cost: a record, which later plans and prices leave alone. US dollars.

    Attributes:
        month: its first day (UTC).
        plan: that of its end, with its ``price`` and ``minutes_included``.
        minutes: of audio that were heard.
        minutes_over: above what was included, and ``over_cost`` what they cost.
    """

    __tablename__ = "invoices"
    __table_args__ = (UniqueConstraint("org_id", "month"),)
    month: Mapped[date]
    plan: Mapped[str] = mapped_column(String(20))
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    minutes: Mapped[Decimal] = mapped_column(Numeric(14, 1))
    minutes_included: Mapped[int | None] = mapped_column(Integer)
    minutes_over: Mapped[Decimal] = mapped_column(Numeric(14, 1))
    over_cost: Mapped[Decimal] = mapped_column(Numeric(12, 2))

    @property
    def total(self) -> Decimal:
        """The plan, and what is above it."""
        return self.price + self.over_cost


class AccountCode(Row, Tenant, Base):
    """What a link in a message to a person is good for, once; only a hash of it is kept."""

    __tablename__ = "account_codes"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        CheckConstraint("kind IN ('invite','reset','verify')", name="kind"),
        Index("ix_account_codes_user_id", "user_id", "kind"),
    )
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[CodeKind] = mapped_column(String(10))
    code_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKey(Row, Tenant, Base):
    """An integration's credential: only a hash of the token is kept (acceptance CT-009).

    Attributes:
        contract: whose paths it opens; it is unknown to the others.
        sealed_secret: what requests are signed with, in contracts that have them signed.
        previous_secret: the one of before, as ``{"sealed", "until"}``, while it is still good.
        rate_limit_per_minute: its own limit; none means the contract's.
        user_id: the person who made it for themself; null for keys of the organisation.
    """

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_api_keys_org_id", "org_id", "created_at"))
    name: Mapped[str] = mapped_column(String(100))
    contract: Mapped[Contract] = mapped_column(String(20))
    mode: Mapped[Mode] = mapped_column(String(4))
    prefix: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    allowed_ips: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    rotated_from: Mapped[uuid.UUID | None]
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    previous_secret: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    rate_limit_per_minute: Mapped[int | None] = mapped_column(Integer)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    description: Mapped[str | None] = mapped_column(String(500))


class WebSession(Row, Tenant, Base):
    """A person who is signed in to the web UI; only a hash of the cookie's token is kept.

    ``csrf_token`` goes into forms: it is worth nothing without the cookie. ``single_sign_on``: a provider
    vouched for the person, whose second factor is its matter.
    """

    __tablename__ = "web_sessions"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_web_sessions_user_id", "user_id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64))
    csrf_token: Mapped[str] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(300))
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    single_sign_on: Mapped[bool] = mapped_column(server_default=text("false"))


class AuditEntry(Row, Tenant, Base):
    """Who did what, and when. Rows are added and never changed: the application may not even try.

    Attributes:
        actor_kind: ``api_key``, ``user``, ``operator`` (command line) or ``system``.
        actor_id: which one, where there are several.
        actor: its name at that time, for reading.
        action: what was done, as ``thing.verb``.
        target_id: to what.
        details: facts that explain it; never a secret, never words of a call.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint("actor_kind IN ('api_key','user','operator','system')", name="actor_kind"),
        Index("ix_audit_entries_org_id", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_audit_entries_target", "org_id", "target_id", text("created_at DESC"), text("id DESC")),
        Index("ix_audit_entries_actor", "org_id", "actor", text("created_at DESC"), text("id DESC")),
        Index("ix_audit_entries_action", "org_id", "action", text("created_at DESC"), text("id DESC")),
        Index(
            "ix_audit_entries_erased",
            "org_id",
            "target_id",
            postgresql_where=text("action = 'analysis.erased'"),
        ),
    )
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[uuid.UUID | None]
    actor: Mapped[str] = mapped_column(String(320))
    action: Mapped[str] = mapped_column(String(60))
    target_id: Mapped[str | None] = mapped_column(String(60))
    details: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    address: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(40))


class UsageEntry(Row, Tenant, Base):
    """One thing that was used up: a line of the ledger, added and never changed.

    It outlives what it tells of: it has no words, and a call that is erased was still heard.

    Attributes:
        what: such as ``audio``, in the unit ``second``.
        resource_id: of what; the same is never counted twice.
        api_key_id: whose key brought it in; not a reference, for keys can go.
    """

    __tablename__ = "usage_entries"
    __table_args__ = (
        Index(
            "ix_usage_entries_month",
            "org_id",
            "mode",
            "created_at",
            postgresql_include=["what", "quantity", "api_key_id"],
        ),
        Index("uq_usage_entries_resource", "org_id", "what", "resource_id", unique=True),
    )
    what: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[float] = mapped_column(Double)
    unit: Mapped[str] = mapped_column(String(10))
    mode: Mapped[Mode] = mapped_column(String(4))
    resource_id: Mapped[uuid.UUID]
    api_key_id: Mapped[uuid.UUID | None]


class RequestCount(Row, Tenant, Base):
    """How many requests a key made by a contract's paths on one day (UTC). No key: a person did."""

    __tablename__ = "request_counts"
    __table_args__ = (
        Index(
            "uq_request_counts_day", "org_id", "day", "contract", "mode", "api_key_id",
            unique=True, postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
    day: Mapped[date]
    contract: Mapped[Contract] = mapped_column(String(20))
    mode: Mapped[Mode] = mapped_column(String(4))
    api_key_id: Mapped[uuid.UUID | None]
    count: Mapped[int] = mapped_column(BigInteger)


class QuotaCounter(Base):
    """How much of a quota is taken in one month (``accounts.quotas``).

    Attributes:
        month: its first moment, UTC.
        taken: used, or in a block of a process.
        blocks_until: when the last block is back.
        warned_at: when owners and admins were told that most is used.
    """

    __tablename__ = "quota_counters"
    org_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    month: Mapped[datetime] = mapped_column(DateTime(timezone=False), primary_key=True)
    taken: Mapped[int] = mapped_column(BigInteger)
    blocks_until: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]


class RateCounter(Base):
    """How often something happened in one window of time; it names nobody (``subject`` is a digest).

    Unlogged: after a crash of the server the counting starts anew, which costs nobody anything.
    """

    __tablename__ = "rate_counters"
    __table_args__ = (
        Index("ix_rate_counters_window_end", "window_end"),
        {"prefixes": ["UNLOGGED"]},
    )
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_end: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class SpentSignature(Base):
    """A signed request that was let in, so that it is not let in again; it names nobody (a digest).

    Unlogged: after a crash of the server requests of the last minutes could be repeated once.
    """

    __tablename__ = "spent_signatures"
    __table_args__ = (Index("ix_spent_signatures_spent_at", "spent_at"), {"prefixes": ["UNLOGGED"]})
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
