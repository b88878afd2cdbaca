"""Deciding criteria: confirming what the machine says, overriding it, and taking that back.

Every decision names the ``revision`` of the criterion that the decider saw. A decision that somebody else
made meanwhile is answered as a conflict and never overwritten unseen; all of them stay as history.
No webhook tells of it: the native contract has no event for it (interfaces, section 3).
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.analyses.models import Analysis, TranscriptRow
from calltrace.analyses.read import following
from calltrace.catalog.service import refused
from calltrace.db.base import Json
from calltrace.db.clock import database_now
from calltrace.evaluation.evidence import once, stands_in, words_of
from calltrace.evaluation.human import Word, with_words
from calltrace.evaluation.results import CriterionResult, Decision, Evaluation, Evidence, Settled
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.reviews import pinned, queries, standing, who
from calltrace.reviews.errors import NothingToUndoError, OverrideConflictError
from calltrace.reviews.models import Override
from calltrace.reviews.pinned import Pinned
from calltrace.reviews.who import Who
from calltrace.scorecards.document import Criterion
from calltrace.speech.transcript import Transcript

Act = Literal["override", "confirm", "undo"]
LONGEST_REASON = 2000
MOST_QUOTES = 20


@dataclass(frozen=True, slots=True)
class Quoted:
    """A segment that proves it, or words of it."""

    segment_id: str
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody says of one criterion.

    Attributes:
        revision: of the criterion, as they saw it; 0 when nobody had decided it.
        act: ``confirm`` takes the machine's best guess, ``undo`` goes back to the machine.
        verdict, points: of an override; points of ``partly_met`` only.
        evaluation_id: which evaluation they saw; ``None``: whichever is shown.
    """

    criterion_key: str
    revision: int
    act: Act
    reason: str = ""
    verdict: Settled | None = None
    points: float | None = None
    evidence: Sequence[Quoted] = ()
    evaluation_id: uuid.UUID | None = None


async def decide(session: AsyncSession, judge: Who, analysis_id: uuid.UUID, wanted: Wanted) -> Override:
    """Decide one criterion; score, result and critical rules follow in the same transaction.

    Raises:
        NotFoundError: there is no such call for them. ForbiddenError: they may not decide.
        NothingToDecideError, EvaluationSupersededError: see ``pinned.shown``.
        OverrideConflictError: somebody else decided meanwhile.
        NothingToUndoError: nobody decided.
        InvalidRequestError: the criterion, points or a quote are wrong, or a reason is missing.
    """
    analysis = await who.find_call(session, judge, analysis_id, lock=True)
    judge.require_judge(analysis)
    return await decide_line(session, judge, analysis, wanted)


async def decide_line(session: AsyncSession, judge: Who, analysis: Analysis, wanted: Wanted) -> Override:
    """The same on a call that is locked, by somebody who may."""
    found = await pinned.shown(session, analysis, wanted.evaluation_id)
    line, criterion = found.line(wanted.criterion_key)
    words = {one.criterion_key: one for one in await queries.newest_words(session, found.row.id)}
    _check_revision(words.get(line.key), wanted)
    quotes = await _evidence(session, analysis, wanted.evidence)
    made = _made(found, line, judge, wanted, _verdict(wanted, line, criterion))
    made.evidence = [one.model_dump(mode="json") for one in quotes]
    made.points = _points(wanted, line, criterion, made.verdict)
    made.created_at = await database_now(session)
    _apply(found, made, words)
    session.add(made)
    await session.flush()
    if analysis.mode == "live":
        await standing.update(session, judge.org_id, made.scorecard_id, made.criterion_key)
    facts = {"criterion": line.key, "decision": made.decision, "revision": made.revision, "via": judge.via}
    await record(session, judge.org_id, judge.actor, Deed("evaluation.decided", analysis.id, facts))
    return made


def _check_revision(latest: Override | None, wanted: Wanted) -> None:
    revision = latest.revision if latest else 0
    if revision != wanted.revision:
        raise OverrideConflictError(
            Words(
                "%(criterion_key)s is at revision %(revision)s, not %(revision2)s: look at it again.",
                criterion_key=wanted.criterion_key,
                revision=revision,
                revision2=wanted.revision,
            )
        )
    if wanted.act == "undo" and (latest is None or latest.verdict is None):
        raise NothingToUndoError("No decision of a person stands on this criterion.")


def _verdict(wanted: Wanted, line: CriterionResult, criterion: Criterion) -> Settled | None:
    if wanted.act != "override" and (wanted.verdict is not None or wanted.points is not None):
        words = Words("Verdict and points are for overriding only.")
        raise refused("verdict", f"and points are for override; {wanted.act} takes none", words)
    if wanted.act == "undo":
        return None
    if wanted.act == "confirm":
        return line.best_guess
    if wanted.verdict is None:
        raise refused("verdict", "is missing", Words("Choose a verdict."))
    if not wanted.reason.strip():
        words = Words("Give a reason: why is the machine wrong?")
        raise refused("reason", "is missing: say why the machine is wrong", words)
    partly = wanted.verdict == "partly_met"
    if (wanted.points is not None) != partly:
        words = Words("Points are given for “partly met”, and for nothing else.")
        raise refused("points", "are given for partly_met, and for nothing else", words)
    if wanted.points is not None and not 0 < round(wanted.points, 2) < criterion.points:
        most = f"{criterion.points:g}"
        words = Words("Points of “partly met” are more than 0 and less than %(most)s.", most=most)
        raise refused("points", f"of partly_met are more than 0 and less than {most}", words)
    return wanted.verdict


def _points(wanted: Wanted, line: CriterionResult, criterion: Criterion, verdict: str | None) -> float | None:
    if verdict != "partly_met":
        return None
    return round(wanted.points, 2) if wanted.points is not None else min(line.score, criterion.points)


async def _evidence(session: AsyncSession, analysis: Analysis, wanted: Sequence[Quoted]) -> list[Evidence]:
    """The quotes with their times; each stands, letter for letter, in its segment."""
    if not wanted:
        return []
    row = await session.get_one(TranscriptRow, analysis.id)
    # In a thread: a transcript of hours must not hold up other requests.
    return await asyncio.to_thread(_checked_quotes, row.document, wanted)


def _checked_quotes(document: Json, wanted: Sequence[Quoted]) -> list[Evidence]:
    segments = {one.id: one for one in Transcript.model_validate(document).segments}
    found = list[Evidence]()
    for number, one in enumerate(wanted):
        segment = segments.get(one.segment_id)
        if segment is None:
            words = Words("The transcript has no such line.")
            raise _no_evidence(
                number, words.where_programs_read("segmentId names no segment of the transcript.")
            )
        evidence = words_of(segment, one.quote)
        if not stands_in(evidence, [segment]):
            raise _no_evidence(number, Words("The quote does not stand in the segment."))
        found.append(evidence)
    return list(once(found))


def _no_evidence(number: int, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/evidence/{number}", detail)])


def _made(
    found: Pinned, line: CriterionResult, judge: Who, wanted: Wanted, verdict: Settled | None
) -> Override:
    decisions: dict[Act, Decision] = {"override": "overridden", "confirm": "confirmed", "undo": "undone"}
    return Override(
        org_id=judge.org_id, analysis_id=found.row.analysis_id, evaluation_id=found.row.id,
        scorecard_id=found.scorecard.id, criterion_key=line.key, revision=wanted.revision + 1,
        decision=decisions[wanted.act], verdict=verdict, reason=wanted.reason.strip(),
        machine_verdict=line.best_guess, **judge.by,
    )  # fmt: skip


def _apply(found: Pinned, made: Override, words: Mapping[str, Override]) -> None:
    """Write the evaluation anew from the machine's and all words of people, and note what that changed."""
    row, key = found.row, made.criterion_key
    said = {one: word_of(override) for one, override in {**words, key: made}.items()}
    shown = with_words(found.machine, found.scorecard, said)
    made.before, made.after = _state(Evaluation.model_validate(row.document), key), _state(shown, key)
    if row.machine_document is None:
        row.machine_document = found.machine.model_dump(mode="json")
    row.document, row.score, row.passed = shown.model_dump(mode="json"), shown.score, shown.passed
    row.human_lines = sum(word.stands for word in said.values())


def word_of(override: Override) -> Word:
    """A decision as ``evaluation.human`` takes it."""
    return Word(
        decision=cast("Decision", override.decision),  # a check constraint of the table, as the next one
        verdict=cast("Settled | None", override.verdict),
        points=override.points,
        reason=override.reason,
        evidence=tuple(Evidence.model_validate(one) for one in override.evidence),
        at=clock.iso(override.created_at),
        revision=override.revision,
    )


def _state(evaluation: Evaluation, key: str) -> Json:
    line = next(one for one in evaluation.criteria if one.key == key)
    return {
        "verdict": line.verdict, "score": line.score, "maxScore": line.max_score, "method": line.method,
        "evaluationScore": evaluation.score, "passed": evaluation.passed,
    }  # fmt: skip


async def history(
    session: AsyncSession, reader: Who, analysis_id: uuid.UUID, *, cursor: str | None, limit: int
) -> tuple[Sequence[Override], str | None]:
    """One page of the decisions on a call, newest first, and the cursor of the next page.

    Raises:
        NotFoundError: there is no such call for them.
    """
    await who.find_call(session, reader, analysis_id)
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.overrides(session, analysis_id, after=after, limit=limit + 1)
    return found[:limit], following(found, limit)
