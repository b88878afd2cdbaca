"""Exports: asked for, made by a worker, kept until they expire; fenced by ``attempts``."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Uuid, any_, case, delete, func, literal, select, update
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts import usage
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.models import Mode
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.models import Analysis
from calltrace.analyses.read import following
from calltrace.db import jobs
from calltrace.db.base import Json
from calltrace.insights import queries
from calltrace.insights.export_files import Format
from calltrace.insights.export_rows import Kind, Subject
from calltrace.insights.measures import DIMENSIONS
from calltrace.insights.models import Export
from calltrace.insights.period import Bucket, Period
from calltrace.insights.queries import NONE, Narrowing
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import CallTraceError, NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.kit.links import LinkSigner
from calltrace.kit.words import Words
from calltrace.recordings import objects
from calltrace.recordings.vault import Stored
from calltrace.webhooks import service as webhooks

LIFETIME = timedelta(hours=24)
MOST_UNFINISHED = 10
"""Exports of one organisation that have not ended."""
MOST_AT_ONCE = 100
KEPT = timedelta(days=30)
"""How long it is remembered that there was one."""
MOST_LOST = 10
"""One that kills workers must not do so for ever."""
_NO_ERASURE_UNDER_WAY = sql("SELECT pg_advisory_xact_lock(hashtextextended('exports ' || :org, 0))")
"""Those who erase calls share this lock until they commit (migration 0046)."""


class TooManyExportsError(CallTraceError):
    """Others of the organisation have not ended."""

    code = "too_many_exports"
    status = 409
    title = "Too many exports are under way"


class ExportGoneError(NotFoundError):
    """It is not made yet, failed, or has expired."""

    code = "export_not_there"
    title = "The file is not there"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what; ``lifetime`` is how long the file is kept."""

    subject: Subject
    form: Format
    api_key_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    lifetime: timedelta = LIFETIME


@dataclass(frozen=True, slots=True)
class ExportReady:
    """A file can be fetched; only some contracts tell it."""

    export_id: uuid.UUID
    kind: str
    form: str
    url: str | None
    expires_at: datetime
    event: str = "export.ready"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one export, until somebody claims it after us."""

    org_id: uuid.UUID
    export_id: uuid.UUID
    attempt: int
    tries: int
    lost: int
    subject: Subject
    form: Format
    lifetime: timedelta


async def ask(session: AsyncSession, org_id: uuid.UUID, actor: Actor, asked: Asked) -> Export:
    """Have a file made; the audit trail says which calls leave the platform by it.

    Raises:
        TooManyExportsError: others have not ended.
    """
    await accounts.locked_organisation(session, org_id)  # of two at a time, the limit counts both
    if await queries.unfinished_exports(session, org_id) >= MOST_UNFINISHED:
        raise TooManyExportsError(
            Words(
                "%(most_unfinished)s exports have not ended; wait for one.", most_unfinished=MOST_UNFINISHED
            )
        )
    made = Export(
        id=uuid7(), org_id=org_id, mode=asked.subject.narrowing.mode, kind=asked.subject.kind,
        format=asked.form, asked=_written(asked), api_key_id=asked.api_key_id, user_id=asked.user_id,
        chosen=asked.subject.narrowing.only,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await session.refresh(made)
    facts = {"kind": made.kind, "format": made.format, "period": made.asked["period"]}
    if asked.subject.narrowing.only is not None:
        facts["calls"] = len(asked.subject.narrowing.only)
    await record(session, org_id, actor, Deed("export.asked", made.id, facts))
    await jobs.enqueue(session, jobs.EXPORT, f"{org_id}/{made.id}")
    return made


def _written(asked: Asked) -> Json:
    narrowing, period = asked.subject.narrowing, asked.subject.period
    return {
        "labels": {name: str(value) for name, value in narrowing.chosen.items()},
        "agents": None if narrowing.agents is None else sorted(map(str, narrowing.agents)),
        "period": [period.first.isoformat(), period.last.isoformat(), period.zone],
        "bucket": asked.subject.bucket,
        "shape": asked.subject.shape, "lifetime": asked.lifetime.total_seconds(),
        "calls": None if narrowing.only is None else len(narrowing.only),
    }  # fmt: skip


async def subject_of(session: AsyncSession, row: Export) -> Subject:
    """What an export is about, as it was asked for."""
    only = await session.scalar(select(Export.chosen).where(Export.id == row.id))
    asked: Mapping[str, Any] = row.asked
    first, last, zone = asked["period"]
    labels = {one: _label(asked["labels"].get(one)) for one in DIMENSIONS}
    agents = None if asked["agents"] is None else [uuid.UUID(one) for one in asked["agents"]]
    return Subject(
        cast("Kind", row.kind),
        replace(Narrowing(mode=row.mode, agents=agents, only=only), **labels),
        Period(date.fromisoformat(first), date.fromisoformat(last), zone),
        cast("Bucket", asked["bucket"]),
        asked.get("shape"),
    )


def _label(text: str | None) -> Any:
    return text if text in {None, NONE} else uuid.UUID(text)


async def period_of(session: AsyncSession, ids: Sequence[uuid.UUID], zone: str) -> Period:
    """The days on which some calls took place."""
    days = select(func.min(Analysis.called_at), func.max(Analysis.called_at)).where(
        Analysis.id == any_(literal(list(ids), ARRAY(Uuid)))
    )
    first, last = (await session.execute(days)).one()
    there = ZoneInfo(zone)
    today = clock.now()
    return Period((first or today).astimezone(there).date(), (last or today).astimezone(there).date(), zone)


async def find(
    session: AsyncSession, export_id: uuid.UUID, mode: Mode | None, user_id: uuid.UUID | None
) -> Export:
    """One export of a key's mode, or of the person who asked for it.

    Raises:
        NotFoundError: there is none, or it belongs to somebody else.
    """
    found = await queries.export(session, export_id, mode)
    if found is None or found.user_id != user_id:
        raise NotFoundError("There is no export with this id.")
    return found


async def page(
    session: AsyncSession, mode: Mode, user_id: uuid.UUID | None, *, cursor: str | None, limit: int
) -> tuple[Sequence[Export], str | None]:
    """One page of exports, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.exports(session, mode, user_id, after=after, limit=limit + 1)
    return found[:limit], following(found, limit)


def link(links: RecordingLinks, row: Export) -> str | None:
    """A link to the file that needs no key, good until the file expires; none while there is no file."""
    if row.expires_at is None or not _holds(row):
        return None
    query = LinkSigner("export", links.secrets).query(row.org_id, row.id, int(row.expires_at.timestamp()))
    return f"{links.public_url}/api/v1/exports/{row.id}/file?{query}"


def _holds(row: Export) -> bool:
    """Whether there is a file, and its time is not over; housekeeping removes it a while later."""
    return row.status == "completed" and row.expires_at is not None and row.expires_at > clock.now()


def as_json(row: Export, links: RecordingLinks) -> Json:
    """How the API shows one."""
    first, last, zone = row.asked["period"]
    done = row.status == "completed"
    return {
        "id": str(row.id), "status": row.status, "type": row.kind, "format": row.format,
        "period": {"from": first, "to": last, "timeZone": zone}, "rowCount": row.rows,
        "progress": 100 if done else min(99, 100 * row.rows // row.total) if row.total else 0,
        "sizeBytes": row.size_bytes, "downloadUrl": link(links, row), "createdAt": clock.iso(row.created_at),
        "completedAt": clock.iso(row.completed_at) if row.completed_at else None,
        "expiresAt": clock.iso(row.expires_at) if row.expires_at else None, "error": row.error,
    }  # fmt: skip


def file_of(row: Export | None) -> Stored:
    """Where the file of an export rests.

    Raises:
        ExportGoneError: there is none.
    """
    if row is None or not _holds(row) or not (row.object_key and row.sealed_key):
        raise ExportGoneError("The file is not made yet, or has expired.")
    return Stored(row.object_key, row.sealed_key, row.size_bytes or 0, row.sha256 or "")


async def claim(session: AsyncSession, org_id: uuid.UUID, export_id: uuid.UUID) -> Claim | None:
    """Take an export over; ``None`` when it has ended.

    One that is running was left by a worker that did not hand it back: it counts as lost. What is being
    erased at this moment is gone before the first row is read; what is erased later finds this export.
    """
    await session.execute(_NO_ERASURE_UNDER_WAY, {"org": str(org_id)})
    values = {
        "attempts": Export.attempts + 1, "status": "running", "rows": 0, "touched_at": func.clock_timestamp(),
        "lost": Export.lost + case((Export.status == "running", 1), else_=0),
    }  # fmt: skip
    unfinished = Export.status.in_(("queued", "running"))
    statement = update(Export).where(Export.id == export_id, unfinished).values(values).returning(Export)
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        return None
    subject = await subject_of(session, row)
    if subject.narrowing.only is not None:
        row.total = len(subject.narrowing.only)
    elif row.kind == "calls":
        row.total = await queries.count(session, subject.narrowing, subject.period)
    lifetime = timedelta(seconds=row.asked["lifetime"])
    form = cast("Format", row.format)
    return Claim(org_id, export_id, row.attempts, row.tries, row.lost, subject, form, lifetime)


async def report(session: AsyncSession, claim: Claim, rows: int) -> None:
    """Show how far it is.

    Raises:
        StaleAttemptError: somebody else makes it now, or a call of it was erased and it begins anew.
    """
    await _write(session, claim, {"rows": rows, "touched_at": func.clock_timestamp()})


async def complete(
    session: AsyncSession, claim: Claim, stored: Stored, rows: int, links: RecordingLinks
) -> None:
    """The file is there, and whoever wants to know is told.

    Raises:
        StaleAttemptError: as above; the stored file is removed by housekeeping.
    """
    now = func.clock_timestamp()
    values = {
        "status": "completed", "rows": rows, "total": rows, "completed_at": now,
        "expires_at": now + claim.lifetime, "object_key": stored.object_key,
        "sealed_key": stored.sealed_data_key, "size_bytes": stored.size, "sha256": stored.sha256,
    }  # fmt: skip
    await _write(session, claim, values)
    await objects.spare(session, stored.object_key)
    row = await session.get_one(Export, claim.export_id, populate_existing=True)
    await usage.exported(session, claim.org_id, row.mode, row.id, row.api_key_id)
    if row.expires_at is not None:
        ready = ExportReady(row.id, row.kind, row.format, link(links, row), row.expires_at)
        await webhooks.publish(session, claim.org_id, row.mode, ready, None)


async def fail(session: AsyncSession, claim: Claim, error: CallTraceError) -> None:
    """It ends without a file.

    Raises:
        StaleAttemptError: as above.
    """
    told = {"code": error.code, "message": error.detail}
    values = {"status": "failed", "completed_at": func.clock_timestamp(), "error": told}
    await _write(session, claim, values)


async def give_back(session: AsyncSession, claim: Claim) -> None:
    """Let go of it: that neither failed nor got lost.

    Raises:
        StaleAttemptError: as above.
    """
    await _write(session, claim, {"status": "queued", "touched_at": func.clock_timestamp()})


async def note_failed_try(session: AsyncSession, claim: Claim) -> None:
    """Another try is due.

    Raises:
        StaleAttemptError: as above.
    """
    await _write(session, claim, {"tries": Export.tries + 1, "status": "queued"})


async def expire(session: AsyncSession) -> None:
    """Remove the files of exports whose time has come (operator session)."""
    due = select(Export).where(Export.status == "completed", Export.expires_at <= func.clock_timestamp())
    for row in (await session.scalars(due.limit(MOST_AT_ONCE).with_for_update(skip_locked=True))).all():
        await objects.doom(session, row.org_id, [row.object_key or ""])
        row.status, row.object_key, row.sealed_key = "expired", None, None
    old = Export.created_at < func.clock_timestamp() - KEPT
    await session.execute(delete(Export).where(old, Export.status.in_(("failed", "expired"))))


async def _write(session: AsyncSession, claim: Claim, values: Json) -> None:
    statement = (
        update(Export)
        .where(Export.id == claim.export_id, Export.attempts == claim.attempt, Export.status == "running")
        .values(values)
        .returning(Export.id)
        .execution_options(synchronize_session=False)
    )
    if await session.scalar(statement) is None:
        raise StaleAttemptError("The export moved on without this worker.")
