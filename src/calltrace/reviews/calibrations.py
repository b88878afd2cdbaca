"""Calibration: several people score one call, blind to each other and to the machine, then compare.

Nobody sees a verdict of others or of the machine through a session before they have submitted, or it is
closed. What the machine said is written down as the session begins: evaluating again changes nothing of it.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import ForbiddenError
from calltrace.analyses.models import Analysis
from calltrace.analyses.read import following
from calltrace.catalog.service import refused
from calltrace.db.clock import database_now
from calltrace.evaluation.agreement import Agreement, agreement, alpha, percent
from calltrace.evaluation.results import Settled
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.words import Words
from calltrace.reviews import pinned, queries, standing, who
from calltrace.reviews.errors import CalibrationClosedError
from calltrace.reviews.models import Calibration, CalibrationMember
from calltrace.reviews.who import Who

FEWEST, MOST = 2, 20
"""People in a session."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of those who submitted, over all criteria."""

    first: uuid.UUID
    second: uuid.UUID
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion: percent of the pairs of people that agree, and of the people with the machine."""

    key: str
    machine: str
    verdicts: Mapping[uuid.UUID, str]
    percent: float | None
    machine_percent: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far those agree who submitted; ``alpha`` is Krippendorff's, over all criteria."""

    lines: Sequence[Line]
    pairs: Sequence[Pair]
    machine: Mapping[uuid.UUID, Agreement]
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Session:
    """A session as somebody may see it: with what all said if ``open``; ``comparison`` is by ``compared``."""

    row: Calibration
    members: Sequence[CalibrationMember]
    open: bool
    comparison: Comparison | None = None


async def begin(
    session: AsyncSession, lead: Who, analysis_id: uuid.UUID, member_ids: Sequence[uuid.UUID]
) -> Session:
    """Ask people to score a call, by the scorecard version of the evaluation that it shows.

    Raises:
        NotFoundError: there is no such call for them. ForbiddenError: agents and reviewers.
        NothingToDecideError: there is no evaluation. InvalidRequestError: somebody may not judge the call.
    """
    analysis = await who.find_call(session, lead, analysis_id, lock=True)  # nobody erases it meanwhile
    _require_lead(lead)
    people = list(dict.fromkeys(member_ids))
    if not FEWEST <= len(people) <= MOST:
        words = Words("Choose %(fewest)s to %(most)s people.", fewest=FEWEST, most=MOST)
        raise refused("memberIds", f"names {FEWEST} to {MOST} people", words)
    for one in people:
        await _check_member(session, lead, analysis, one)
    found = await pinned.shown(session, analysis)
    row = Calibration(
        org_id=lead.org_id, analysis_id=analysis.id, evaluation_id=found.row.id, state="open",
        scorecard_id=found.scorecard.id, machine={one.key: one.best_guess for one in found.machine.criteria},
        created_at=await database_now(session),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    members = [CalibrationMember(org_id=lead.org_id, calibration_id=row.id, user_id=one) for one in people]
    session.add_all(members)
    await session.flush()
    await record(session, lead.org_id, lead.actor, Deed("calibration.begun", row.id, {"people": len(people)}))
    return _seen(lead, row, members)


async def submit(
    session: AsyncSession, member: Who, calibration_id: uuid.UUID, verdicts: Mapping[str, Settled]
) -> Session:
    """Say what one thinks of every criterion, once; from then on the others' verdicts are shown.

    Raises:
        NotFoundError: there is no such session for them. ForbiddenError: they are not asked.
        CalibrationClosedError: it is closed, or they have submitted.
        InvalidRequestError: verdicts are missing, or of no criterion.
    """
    user_id = member.require_person()
    row, members = await _find(session, member, calibration_id, lock=True)
    mine = next((one for one in members if one.user_id == user_id), None)
    if mine is None:
        raise ForbiddenError("Only who was asked scores this call.")
    if row.state == "closed" or mine.submitted_at is not None:
        raise CalibrationClosedError("The session is closed, or you have submitted.")
    if set(verdicts) != set(row.machine):
        missing = ", ".join(sorted(set(row.machine) ^ set(verdicts)))
        words = Words("Say what you think of every criterion.")
        raise refused("verdicts", f"names every criterion and no other; look at {missing}", words)
    mine.verdicts, mine.submitted_at = dict(verdicts), await database_now(session)
    await session.flush()
    return _seen(member, row, members)


async def close(session: AsyncSession, lead: Who, calibration_id: uuid.UUID) -> Session:
    """End a session: nobody submits any more, and what was submitted counts as agreement with the machine.

    Raises:
        NotFoundError: there is no such session for them. ForbiddenError: agents and reviewers.
        CalibrationClosedError: it is closed.
    """
    row, members = await _find(session, lead, calibration_id, lock=True)
    _require_lead(lead)
    if row.state == "closed":
        raise CalibrationClosedError("The session is closed.")
    row.state, row.closed_at = "closed", await database_now(session)
    await session.flush()
    await record(session, lead.org_id, lead.actor, Deed("calibration.closed", row.id))
    analysis = await session.get_one(Analysis, row.analysis_id)
    if analysis.mode == "live" and any(one.verdicts for one in members):
        for key in sorted(row.machine):
            await standing.update(session, lead.org_id, row.scorecard_id, key)
    return _seen(lead, row, members)


async def find(session: AsyncSession, reader: Who, calibration_id: uuid.UUID) -> Session:
    """One session, with what the reader may see of it.

    Raises:
        NotFoundError: there is none for them. ForbiddenError: an agent.
    """
    return _seen(reader, *await _find(session, reader, calibration_id))


async def page(
    session: AsyncSession, reader: Who, *, cursor: str | None, limit: int
) -> tuple[Sequence[Session], str | None]:
    """One page of sessions on calls that somebody may see, newest first, and the cursor of the next page.

    Raises:
        ForbiddenError: an agent.
    """
    reader.require_judge()
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.calibrations(session, reader.mode, reader.agents, after=after, limit=limit + 1)
    members = await queries.calibration_members(session, [row.id for row in found[:limit]])
    sessions = [
        _seen(reader, row, [one for one in members if one.calibration_id == row.id]) for row in found[:limit]
    ]
    return sessions, following(found, limit)


async def compared(found: Session) -> Session:
    """With the comparison, if it may be seen. It needs no database, and is done once that is let go.

    Comparing takes its time (each kappa has an interval by bootstrap), and so a thread.
    """
    if not found.open:
        return found
    people = {one.user_id: one.verdicts for one in found.members if one.verdicts is not None}
    return replace(found, comparison=await asyncio.to_thread(compare, dict(found.row.machine), people))


def compare(machine: Mapping[str, str], people: Mapping[uuid.UUID, Mapping[str, str]]) -> Comparison:
    """How far people agree with each other and the machine: criteria in order of keys, and over all."""
    keys = sorted(machine)
    lines = [_line(key, machine[key], {one: said[key] for one, said in people.items()}) for key in keys]
    pairs = [
        Pair(first, second, agreement([(people[first][key], people[second][key]) for key in keys]))
        for first, second in combinations(people, 2)
    ]
    against = {one: agreement([(machine[key], said[key]) for key in keys]) for one, said in people.items()}
    return Comparison(lines, pairs, against, alpha([list(one.verdicts.values()) for one in lines]))


def _line(key: str, machine: str, verdicts: Mapping[uuid.UUID, str]) -> Line:
    pairs = list(combinations(verdicts.values(), 2))
    return Line(
        key,
        machine,
        verdicts,
        percent(pairs),
        percent([(machine, one) for one in verdicts.values()]),
    )


def _seen(reader: Who, row: Calibration, members: Sequence[CalibrationMember]) -> Session:
    """Who still has to submit sees nothing yet, whatever the role."""
    mine = next((one for one in members if one.user_id == reader.user_id), None)
    waits = mine is not None and mine.submitted_at is None
    hidden = row.state == "open" and (waits or (mine is None and not reader.administers))
    return Session(row, members, not hidden)


async def _find(
    session: AsyncSession, reader: Who, calibration_id: uuid.UUID, *, lock: bool = False
) -> tuple[Calibration, Sequence[CalibrationMember]]:
    reader.require_judge()
    row = await session.get(Calibration, calibration_id)
    if row is None:
        raise NotFoundError("There is no calibration with this id.")
    await who.find_call(session, reader, row.analysis_id, lock=lock)
    if lock:
        await session.refresh(row, with_for_update=True)
    return row, await queries.calibration_members(session, [row.id])


def _require_lead(lead: Who) -> None:
    if not lead.judges or lead.role == "reviewer":
        raise ForbiddenError("Supervisors, admins and owners lead calibrations.")


async def _check_member(session: AsyncSession, lead: Who, analysis: Analysis, user_id: uuid.UUID) -> None:
    if not await who.may_judge(session, lead, analysis, user_id):
        words = Words("Somebody who is chosen may not judge this call.")
        raise refused("memberIds", "names somebody who may not judge this call", words)
