"""Trying a rule on past calls before it is saved: nothing is written and nobody is told."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calltrace.alerts import queries, rules
from calltrace.alerts.document import Conditions
from calltrace.alerts.matching import Call, Reason, message, reasons
from calltrace.alerts.queries import Past, PastFilters
from calltrace.analyses.models import Analysis
from calltrace.db.session import Database
from calltrace.evaluation.results import Evaluation
from calltrace.kit.cursor import Cursor
from calltrace.reviews.who import Who
from calltrace.speech.transcript import TalkMetrics, Transcript

USUAL_CALLS, MOST_CALLS = 100, 500
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Match:
    """A past call that a rule would have raised an alert for."""

    analysis: Analysis
    score: float | None
    reasons: tuple[Reason, ...]

    @property
    def message(self) -> str:
        """Why."""
        return message(list(self.reasons))


@dataclass(frozen=True, slots=True)
class Trial:
    """How many calls were looked at, newest first, and which of them match."""

    looked_at: int
    matches: tuple[Match, ...]


async def run(database: Database, reader: Who, values: Mapping[str, Any], most: int = USUAL_CALLS) -> Trial:
    """Hold the newest past calls that a rule would look at against it.

    Args:
        database: of the calls; no transaction is open while words are looked up.
        reader: who asks: only calls that they may see are looked at.
        values: of the rule: ``conditions`` and the scope.
        most: how many calls at most.

    Raises:
        ForbiddenError: an agent. InvalidRequestError: naming the field.
    """
    reader.require_judge()
    wanted = rules.checked_conditions(values.get("conditions"))
    async with database.tenant(reader.org_id) as session:
        scope = await rules.checked_scope(session, values)
    which = _filters(reader, scope)
    looked_at, matches, after = 0, list[Match](), None
    while looked_at < most:
        part = min(_AT_ONCE, most - looked_at)
        async with database.tenant(reader.org_id) as session:
            found = await queries.past(session, which, after=after, limit=part)
        matches += await asyncio.to_thread(_matching, wanted, found)
        looked_at += len(found)
        if len(found) < part:
            break
        after = Cursor(found[-1].analysis.created_at, found[-1].analysis.id)
    return Trial(looked_at, tuple(matches))


def _filters(reader: Who, scope: Mapping[str, uuid.UUID | None]) -> PastFilters:
    return PastFilters(reader.mode or "live", agents=reader.agents, **scope)


def _matching(wanted: Conditions, calls: Sequence[Past]) -> list[Match]:
    found: list[Match] = []
    for past in calls:
        evaluation = Evaluation.model_validate_json(past.evaluation)
        metrics = past.analysis.metrics
        call = Call.of(
            evaluation, Transcript.model_validate_json(past.transcript), past.analysis.duration_seconds,
            TalkMetrics.model_validate(metrics) if metrics else None, written=past.analysis.medium == "text",
        )  # fmt: skip
        if why := reasons(wanted, call):
            found.append(Match(past.analysis, evaluation.score, tuple(why)))
    return found
