"""Surveys after calls, as other systems tell of them: one for a call, put in place by external id or by call.

What a customer answered is a person's word: it stands beside the evaluation and changes nothing of it.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import Mode
from calltrace.analyses.models import Analysis
from calltrace.conversations.models import Conversation, Survey
from calltrace.kit import clock
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.ids import uuid7
from calltrace.kit.words import Words

Json = dict[str, Any]
_ONE_AT_A_TIME = sql("SELECT pg_advisory_xact_lock(hashtextextended('surveys ' || :org, 0))")
NO_CALL = "names no call or conversation that this organisation has"
"""Also of one that another organisation, or the other mode, has."""


@dataclass(frozen=True, slots=True)
class About:
    """Which call a survey is about: exactly one is given.

    Attributes:
        call_id: an analysis.
        conversation_id: a chat or a voice call.
        call_external_id: either, by the id of another system.
    """

    call_id: uuid.UUID | None = None
    conversation_id: uuid.UUID | None = None
    call_external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A survey as it is told; counts, state and score follow from the answers where they are not given.

    ``responses`` are ``{"question", "answer", "score"}``; the score is on the sender's own scale.
    """

    about: About
    external_id: str | None = None
    state: str | None = None
    completion_reason: str | None = None
    total_questions: int | None = None
    questions_answered: int | None = None
    score: float | None = None
    responses: Sequence[Json] = ()
    answered_at: datetime | None = None

    @property
    def columns(self) -> Json:
        """Columns of ``Survey``."""
        given = [one for one in self.responses if one["answer"] is not None or one["score"] is not None]
        total = len(self.responses) if self.total_questions is None else self.total_questions
        answered = len(given) if self.questions_answered is None else self.questions_answered
        notes = [one["score"] for one in given if one["score"] is not None]
        return {
            "state": self.state or _state(answered, total, scored=self.score is not None),
            "completion_reason": self.completion_reason,
            "total_questions": total, "questions_answered": answered,
            "calculated_score": fmean(notes) if self.score is None and notes else self.score,
            "responses": list(self.responses), "answered_at": self.answered_at,
        }  # fmt: skip


def _state(answered: int, total: int, *, scored: bool) -> str:
    if not answered and not scored:
        return "NotStarted"
    return "Completed" if answered >= total else "Partial"


@dataclass(frozen=True, slots=True)
class Put:
    """What became of one: its row and whether that is new, or what is wrong with it."""

    row: Survey | None = None
    new: bool = False
    fault: FieldError | None = None
    taken: bool = False
    """The fault is that something is there already."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The call that is meant; of a call that is both, the analysis and its conversation."""

    analysis_id: uuid.UUID | None
    conversation_id: uuid.UUID | None


@dataclass(slots=True)
class _Known:
    """Calls and surveys that some surveys may mean."""

    by_call: dict[uuid.UUID, Subject] = field(default_factory=dict[uuid.UUID, Subject])
    by_conversation: dict[uuid.UUID, Subject] = field(default_factory=dict[uuid.UUID, Subject])
    by_name: dict[str, set[Subject]] = field(default_factory=dict[str, set[Subject]])
    of_subject: dict[uuid.UUID, Survey] = field(default_factory=dict[uuid.UUID, Survey])
    of_name: dict[str, Survey] = field(default_factory=dict[str, Survey])


async def hold(session: AsyncSession, org_id: uuid.UUID) -> None:
    """Surveys of an organisation are put down by one transaction at a time."""
    await session.execute(_ONE_AT_A_TIME, {"org": str(org_id)})


async def put(session: AsyncSession, org_id: uuid.UUID, mode: Mode, told: Sequence[Answered]) -> list[Put]:
    """Put surveys in place, in a transaction that ``hold`` was called in; what is wrong is not written.

    Args:
        session: of the organisation.
        org_id: which one.
        mode: of their calls.
        told: the surveys, in their order.
    """
    known = await _look_up(session, mode, told)
    done = [_place(session, org_id, mode, one, known) for one in told]
    await session.flush()
    return done


def _place(session: AsyncSession, org_id: uuid.UUID, mode: Mode, told: Answered, known: _Known) -> Put:
    subject, fault = _subject(told.about, known)
    if subject is None:
        return Put(fault=fault)
    ids = [one for one in (subject.analysis_id, subject.conversation_id) if one]
    theirs = next((known.of_subject[one] for one in ids if one in known.of_subject), None)
    named = known.of_name.get(told.external_id) if told.external_id else None
    if named is not None and named is not theirs:
        return _taken("externalId", "belongs to the survey of another call")
    if theirs is not None and told.external_id not in {None, theirs.external_id} and theirs.external_id:
        return _taken("externalId", "is another one than that of the survey that this call has")
    row = theirs or Survey(
        id=uuid7(), org_id=org_id, mode=mode, created_at=clock.now_ms(), analysis_id=subject.analysis_id,
        conversation_id=None if subject.analysis_id else subject.conversation_id,
    )  # fmt: skip
    for name, value in told.columns.items():
        setattr(row, name, value)
    row.external_id = told.external_id or row.external_id
    session.add(row)
    known.of_subject |= dict.fromkeys(ids, row)
    if told.external_id:
        known.of_name[told.external_id] = row
    return Put(row, new=theirs is None)


def _taken(name: str, reason: str) -> Put:
    return Put(
        fault=FieldError(f"/{name}", Words("%(name)s %(reason)s.", name=name, reason=reason)), taken=True
    )


def _subject(about: About, known: _Known) -> tuple[Subject | None, FieldError]:
    """The call that is meant, or why there is none."""
    if about.call_external_id is not None:
        found = known.by_name.get(about.call_external_id, set())
        reason = NO_CALL if not found else f"names {len(found)} calls: give the id of one"
        wrong = FieldError("/callExternalId", Words("callExternalId %(reason)s.", reason=reason))
        return (next(iter(found)) if len(found) == 1 else None), wrong
    if about.call_id is not None:
        return known.by_call.get(about.call_id), FieldError(
            "/callId", Words("callId %(no_call)s.", no_call=NO_CALL)
        )
    found_one = known.by_conversation.get(about.conversation_id) if about.conversation_id else None
    return found_one, FieldError("/conversationId", Words("conversationId %(no_call)s.", no_call=NO_CALL))


async def _look_up(session: AsyncSession, mode: Mode, told: Sequence[Answered]) -> _Known:
    """What is meant is held, in the order of everybody: nobody erases it before the survey is written."""
    known = _Known()
    names = {one.about.call_external_id for one in told if one.about.call_external_id is not None}
    calls = {one.about.call_id for one in told if one.about.call_id}
    threads = {one.about.conversation_id for one in told if one.about.conversation_id}
    for query in (_threads(mode, threads, names), _calls(mode, calls, names)):
        for analysis_id, conversation_id, name in (await session.execute(query)).all():
            subject = Subject(analysis_id, conversation_id)
            if analysis_id:
                known.by_call[analysis_id] = subject
            if conversation_id:
                known.by_conversation[conversation_id] = subject
            if name is not None:
                known.by_name.setdefault(name, set()).add(subject)
    await _look_up_surveys(session, mode, {one.external_id for one in told if one.external_id}, known)
    return known


def _calls(mode: Mode, ids: Collection[uuid.UUID], names: Collection[str]) -> Select[Any, Any, Any]:
    query = select(Analysis.id, Conversation.id, Analysis.external_id)
    query = query.outerjoin_from(Analysis, Conversation, Conversation.analysis_id == Analysis.id)
    match = or_(Analysis.id.in_(ids), Analysis.external_id.in_(names))
    return query.where(Analysis.mode == mode, match).with_for_update(read=True, key_share=True, of=Analysis)


def _threads(mode: Mode, ids: Collection[uuid.UUID], names: Collection[str]) -> Select[Any, Any, Any]:
    query = select(Conversation.analysis_id, Conversation.id, Conversation.external_id)
    match = or_(Conversation.id.in_(ids), Conversation.external_id.in_(names))
    return query.where(Conversation.mode == mode, match).with_for_update(read=True, key_share=True)


async def _look_up_surveys(session: AsyncSession, mode: Mode, names: Collection[str], known: _Known) -> None:
    match = or_(
        Survey.external_id.in_(names),
        Survey.analysis_id.in_(known.by_call),
        Survey.conversation_id.in_(known.by_conversation),
    )
    found = await session.scalars(select(Survey).where(Survey.mode == mode, match))
    for row in found:
        subject = _subject_of(row, known)
        ids = (row.analysis_id, row.conversation_id, subject.analysis_id, subject.conversation_id)
        known.of_subject |= {one: row for one in ids if one}
        if row.external_id:
            known.of_name[row.external_id] = row


def _subject_of(row: Survey, known: _Known) -> Subject:
    by_call = known.by_call.get(row.analysis_id) if row.analysis_id else None
    by_thread = known.by_conversation.get(row.conversation_id) if row.conversation_id else None
    return by_call or by_thread or Subject(None, None)


async def receive(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, mode: Mode, told: Answered
) -> tuple[Survey, bool]:
    """Put one survey in place; answers whether it is new.

    Raises:
        InvalidRequestError: it names no call. AlreadyExistsError: the external id is that of another call's
            survey, or the call has a survey under another one.
    """
    await hold(session, org_id)
    [done] = await put(session, org_id, mode, [told])
    if done.fault is not None:
        kind = AlreadyExistsError if done.taken else InvalidRequestError
        raise kind(done.fault.detail, errors=[done.fault])
    assert done.row is not None
    verb = "created" if done.new else "updated"
    await record(session, org_id, actor, Deed(f"survey.{verb}", done.row.id, {"mode": mode}))
    return done.row, done.new
