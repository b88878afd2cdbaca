"""Adding up: what changed is folded into the sums, and sums are held against the facts and put right.

Both are done by one at a time, and each step is one statement, so it sees facts, changes and sums of one
moment: what a step does is right whatever is committed meanwhile, and one that dies has done nothing.
"""

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import structlog
from sqlalchemy import TextClause, delete, func, literal, select, update
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Organisation
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.insights.models import Change, Zone
from calltrace.insights.sums import DAYS, FAMILIES, MONTHS, Family, of_days

AT_ONCE = 1000
"""Changes that are folded in one transaction."""
REFRESHED = 500
"""Calls whose facts are looked at in one."""
READ_WITHIN = timedelta(minutes=2)
"""Far longer than any question takes."""
UTC = "UTC"
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_LOCK = sql("SELECT pg_advisory_xact_lock(1751474537)")
_CHANGES = "taken f JOIN insight_zones z ON z.org_id = f.org_id"


def _fold() -> str:
    place = "org_id, mode, zone, grain, kind, starts"
    parts = [
        f"""{family.table}_grown AS (
            {family.add(family.totals(_CHANGES, DAYS, MONTHS))}
            RETURNING {", ".join(f"held.{one}" for one in place.split(", "))}, {family.held_is_empty} AS empty
        )"""
        for family in FAMILIES
    ]
    emptied = " UNION ".join(f"SELECT {place} FROM {one.table}_grown WHERE empty" for one in FAMILIES)
    return f"""
        WITH taken AS (
            DELETE FROM insight_changes WHERE id IN (SELECT id FROM insight_changes LIMIT :most) RETURNING *
        ), {", ".join(parts)}
        SELECT (SELECT count(*) FROM taken), (SELECT jsonb_agg(one)::text FROM ({emptied}) AS one)
    """


def _sweep(family: Family) -> str:
    return f"""
        DELETE FROM {family.table} AS held
        USING jsonb_to_recordset(CAST(:emptied AS jsonb))
            AS gone (org_id uuid, mode text, zone text, grain text, kind smallint, starts date)
        WHERE held.org_id = gone.org_id AND held.mode = gone.mode AND held.zone = gone.zone
            AND held.grain = gone.grain AND held.kind = gone.kind AND held.starts = gone.starts
            AND {family.held_is_empty}
    """


_FOLD = sql(_fold())
_SWEEPS = [sql(_sweep(one)) for one in FAMILIES]


async def fold(database: Database) -> int:
    """Add all that changed to the sums, of all organisations; the answer is how many changes that were.

    Sums of no call go: of a call that was erased not even the day stays.
    """
    folded, count = 0, AT_ONCE
    while count == AT_ONCE:
        async with _alone(database) as session:
            count, emptied = (await session.execute(_FOLD, {"most": AT_ONCE})).one()
            for sweep in _SWEEPS if emptied else ():
                await session.execute(sweep, {"emptied": emptied})
        folded += count
    return folded


@asynccontextmanager
async def _alone(database: Database) -> AsyncGenerator[AsyncSession]:
    async with database.operator() as session:
        await session.execute(_LOCK)
        yield session


@dataclass(frozen=True, slots=True)
class Unready:
    """A time zone by whose days past calls are still to be summed; ``round`` is new when that begins anew."""

    org_id: uuid.UUID
    zone: str
    round: uuid.UUID


async def keep_up(database: Database, org_id: uuid.UUID | None = None) -> int:
    """Fold what changed, sum by the time zones that organisations have, and forget those they had.

    Past calls are summed of one organisation only, if that is given. The answer is how many of their sums
    were wrong, or not there.
    """
    await fold(database)
    async with _alone(database) as session:
        await _add_zones(session)
        await _drop_zones(session)
        await session.execute(_NOTHING_TO_SUM)
        query = select(Zone.org_id, Zone.zone, Zone.round).where(~Zone.ready, Zone.left_at.is_(None))
        if org_id is not None:
            query = query.where(Zone.org_id == org_id)
        unready = [Unready(*row) for row in (await session.execute(query)).all()]
    return sum([await _sum_guarded(database, one) for one in unready])


async def _sum_guarded(database: Database, one: Unready) -> int:
    """Sum by one time zone; what cannot be summed must not keep all others from it."""
    try:
        return await _sum(database, one)
    except DatabaseAwayError:
        raise
    except Exception:
        log.exception("sums_failed", organisation=str(one.org_id), zone=one.zone)
        return 0


async def _sum(database: Database, one: Unready) -> int:
    wrong = 0
    for month in await months(database, one.org_id, one.zone):
        wrong += await repair(database, one.org_id, one.zone, month)
    async with _alone(database) as session:
        same = (Zone.org_id == one.org_id, Zone.zone == one.zone, Zone.round == one.round)
        await session.execute(update(Zone).where(*same).values(ready=True))
    return wrong


# A new organisation has no calls: its zones need no transactions of their own. All is seen as of one moment:
# a call that comes after it is folded in, as for any other zone.
_NOTHING_TO_SUM = sql("""
    UPDATE insight_zones z SET ready = true
    WHERE NOT ready AND left_at IS NULL
        AND NOT EXISTS (SELECT FROM insight_facts f WHERE f.org_id = z.org_id)
        AND NOT EXISTS (SELECT FROM insight_changes c WHERE c.org_id = z.org_id)
        AND NOT EXISTS (SELECT FROM insight_cells s WHERE s.org_id = z.org_id)
        AND NOT EXISTS (SELECT FROM insight_marks s WHERE s.org_id = z.org_id)
""")


async def _add_zones(session: AsyncSession) -> None:
    for zone in (literal(UTC), Organisation.time_zone):
        statement = insert(Zone).from_select(["org_id", "zone"], select(Organisation.id, zone))
        await session.execute(statement.on_conflict_do_nothing())


async def _drop_zones(session: AsyncSession) -> None:
    """Read no sums of zones that organisations had; they go once nobody can be reading them any more."""
    has = select(Organisation.id).where(Organisation.id == Zone.org_id, Organisation.time_zone == Zone.zone)
    had = (Zone.zone != UTC, ~has.exists())
    now, anew = func.clock_timestamp(), func.gen_random_uuid()
    leaving = update(Zone).where(*had, Zone.left_at.is_(None)).values(ready=False, left_at=now)
    await session.execute(leaving)
    back = update(Zone).where(has.exists(), Zone.left_at.is_not(None))
    await session.execute(back.values(left_at=None, round=anew))
    gone = delete(Zone).where(Zone.left_at < now - READ_WITHIN).returning(Zone.org_id, Zone.zone)
    for org_id, zone in (await session.execute(gone)).all():
        for family in FAMILIES:
            statement = sql(f"DELETE FROM {family.table} WHERE org_id = :org AND zone = :zone")
            await session.execute(statement, {"org": org_id, "zone": zone})


# From one month to the one before it in the index: as many steps as there are months, however many calls.
_LATEST = """(
    SELECT date_trunc('month', f.called_at AT TIME ZONE :zone)::date FROM insight_facts f
    WHERE f.org_id = :org AND f.mode = one.mode AND {} ORDER BY f.called_at DESC LIMIT 1 )"""
# Where the midnight comes twice, calls of the first one are of the month all the same.
_EARLIER = """f.called_at < one.month::timestamp AT TIME ZONE :zone
    AND (f.called_at AT TIME ZONE :zone)::date < one.month"""
_MONTHS = sql(f"""
    WITH RECURSIVE months (mode, month) AS (
        SELECT one.mode, {_LATEST.format("true")} FROM (VALUES ('live'), ('test')) AS one (mode)
        UNION ALL
        SELECT one.mode, {_LATEST.format(_EARLIER)} FROM months AS one WHERE one.month IS NOT NULL
    )
    SELECT month FROM months WHERE month IS NOT NULL
    UNION SELECT starts FROM insight_cells WHERE org_id = :org AND zone = :zone AND grain = 'm'
    UNION SELECT starts FROM insight_marks WHERE org_id = :org AND zone = :zone AND grain = 'm'
    ORDER BY 1
""")


async def months(database: Database, org_id: uuid.UUID, zone: str) -> list[date]:
    """The months, by their first days, of which an organisation has calls or sums."""
    async with database.operator() as session:
        return list((await session.scalars(_MONTHS, {"org": org_id, "zone": zone})).all())


def _missing_days(family: Family) -> str:
    """What the sums of one day lack: the facts, less the sums, less what is still to be folded."""
    counted = ", ".join(one.name for one in Change.__table__.columns if one.name not in {"id", "sign"})
    day = of_days("CAST(:first AS date)", "CAST(:first AS date)")
    source = f"""(
        SELECT 1 AS sign, {counted} FROM insight_facts AS f WHERE org_id = :org AND {day}
        UNION ALL SELECT -sign, {counted} FROM insight_changes AS f WHERE org_id = :org AND {day}
    ) AS f CROSS JOIN (SELECT CAST(:zone AS varchar) AS zone) AS z"""
    return _difference(family, family.totals(source, DAYS), "grain = 'd' AND starts = CAST(:first AS date)")


def _missing_months(family: Family) -> str:
    """What the sums of one month lack: the sums of its days, less its own."""
    days = f"""
        SELECT {", ".join(_MONTHLY.get(one, one) for one in family.keys)}, {", ".join(family.measures)}
        FROM {family.table} WHERE org_id = :org AND zone = :zone AND grain = 'd'
            AND starts >= CAST(:first AS date) AND starts < CAST(:first AS date) + interval '1 month'
    """
    return _difference(family, days, "grain = 'm' AND starts = CAST(:first AS date)")


_MONTHLY = {"grain": "'m' AS grain", "starts": "CAST(:first AS date) AS starts"}


def _difference(family: Family, right: str, which: str) -> str:
    keys = ", ".join(family.keys)
    less = ", ".join(f"-{one}" for one in family.measures)
    sums = ", ".join(f"sum({one})::bigint AS {one}" for one in family.measures)
    wrong = " OR ".join(f"sum({one}) <> 0" for one in family.measures)
    mine = f"SELECT {keys}, {less} FROM {family.table} WHERE org_id = :org AND zone = :zone AND {which}"
    missing = f"SELECT {keys}, {sums} FROM ({right} UNION ALL {mine}) AS every GROUP BY {keys} HAVING {wrong}"
    return f"WITH put AS ({family.add(missing)} RETURNING 1) SELECT count(*) FROM put"


_DAYS = [sql(_missing_days(one)) for one in FAMILIES]
_WHOLE_MONTHS = [sql(_missing_months(one)) for one in FAMILIES]
_SWEPT = [
    sql(f"""
        DELETE FROM {one.table} WHERE org_id = :org AND zone = :zone AND starts >= CAST(:first AS date)
            AND starts < CAST(:first AS date) + interval '1 month' AND {one.is_empty}
    """)
    for one in FAMILIES
]


_LAST = "(CAST(:first AS date) + interval '1 month')::date - 1"
_USED_DAYS = sql(f"""
    SELECT (f.called_at AT TIME ZONE :zone)::date FROM insight_facts AS f
    WHERE f.org_id = :org AND f.mode IN ('live', 'test') AND {of_days("CAST(:first AS date)", _LAST)}
    UNION SELECT starts FROM insight_cells WHERE org_id = :org AND zone = :zone AND grain = 'd'
        AND starts >= CAST(:first AS date) AND starts < CAST(:first AS date) + interval '1 month'
    UNION SELECT starts FROM insight_marks WHERE org_id = :org AND zone = :zone AND grain = 'd'
        AND starts >= CAST(:first AS date) AND starts < CAST(:first AS date) + interval '1 month'
    ORDER BY 1
""")


async def repair(database: Database, org_id: uuid.UUID, zone: str, month: date) -> int:
    """Hold the sums of one month against the facts and put them right; how many sums were wrong."""
    names, wrong = {"org": org_id, "zone": zone, "first": month}, 0
    async with database.operator() as session:
        days = (await session.scalars(_USED_DAYS, names)).all()
    for day in days:
        async with _alone(database) as session:
            wrong += await _put_right(session, _DAYS, {**names, "first": day})
    async with _alone(database) as session:
        wrong += await _put_right(session, _WHOLE_MONTHS, names)
        for one in _SWEPT:
            await session.execute(one, names)
    return wrong


async def _put_right(
    session: AsyncSession, statements: Sequence[TextClause], names: Mapping[str, Any]
) -> int:
    return sum([await session.scalar(one, names) or 0 for one in statements])


_STATE = ", ".join(one.name for one in Change.__table__.columns if one.name not in {"id", "sign"})
_REFRESH = sql(f"""
    WITH next AS (SELECT id FROM analyses WHERE id > CAST(:above AS uuid) ORDER BY id LIMIT :most),
    wrong AS (
        (SELECT s.analysis_id, {_STATE} FROM insight_states s JOIN next ON next.id = s.analysis_id)
        EXCEPT (SELECT f.analysis_id, {_STATE} FROM insight_facts f JOIN next ON next.id = f.analysis_id)
    )
    SELECT (SELECT id FROM next ORDER BY id DESC LIMIT 1), count(insight_refresh(wrong.analysis_id)),
        (SELECT count(*) FROM next)
    FROM wrong
""")


async def refresh(database: Database, above: uuid.UUID) -> tuple[uuid.UUID | None, int, int]:
    """Make the facts of the next calls anew, where they are wrong: of the calls that follow one by their ids.

    The answer is the last call that was looked at (``None``: there was none left), how many facts were wrong,
    and how many calls were looked at.
    """
    async with database.operator() as session:
        row = (await session.execute(_REFRESH, {"above": above, "most": REFRESHED})).one()
    return row[0], row[1], row[2]


async def distrust(database: Database) -> None:
    """Use no sums until they were held against the facts again: by ``keep_up``, here or in a worker."""
    async with _alone(database) as session:
        await session.execute(update(Zone).values(ready=False, round=func.gen_random_uuid()))
