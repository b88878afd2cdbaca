"""The evaluation that people decide on, with the scorecard version that it is pinned to."""

import uuid
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.reviews import queries
from calltrace.reviews.errors import EvaluationSupersededError, NothingToDecideError
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.scorecards.models import ScorecardVersion


@dataclass(frozen=True, slots=True)
class Pinned:
    """An evaluation: its row, what the machine says, and by which scorecard."""

    row: EvaluationRow
    machine: Evaluation
    scorecard: Scorecard

    def line(self, key: str) -> tuple[CriterionResult, Criterion]:
        """One criterion: what the machine says of it, and what it is worth.

        Raises:
            InvalidRequestError: the scorecard has none with this key.
        """
        results = {one.key: one for one in self.machine.criteria}
        for criterion in self.scorecard.criteria:
            if criterion.key == key:
                return results[key], criterion
        detail = "criterionKey names no criterion of the evaluation."
        raise InvalidRequestError(detail, errors=[FieldError("/criterionKey", detail)])


async def shown(session: AsyncSession, analysis: Analysis, expected: uuid.UUID | None = None) -> Pinned:
    """The evaluation that a call shows.

    Args:
        session: of the organisation.
        analysis: the call.
        expected: which one the caller means; ``None`` when it does not matter.

    Raises:
        NothingToDecideError: there is none, or its scorecard is there no more.
        EvaluationSupersededError: it is another one.
    """
    row = await queries.shown_evaluation(session, analysis.id)
    if row is None or row.document is None:
        raise NothingToDecideError(
            Words("The analysis is %(status)s; it has no evaluation.", status=analysis.status)
        )
    if expected not in {None, row.id}:
        raise EvaluationSupersededError("evaluationId is not the evaluation that the call shows.")
    machine = Evaluation.model_validate(row.machine_document or row.document)
    by = await scorecard(session, row.scorecard_version_id)
    same = by.version == machine.scorecard.version
    if not same or {one.key for one in by.criteria} != {one.key for one in machine.criteria}:
        raise NothingToDecideError("The scorecard that the call was evaluated with is there no more.")
    return Pinned(row, machine, by)


async def scorecard(session: AsyncSession, version_id: uuid.UUID | None) -> Scorecard:
    """A version of a scorecard; without an id the one that ships."""
    if version_id is None:
        return default_scorecard()
    version = await session.get_one(ScorecardVersion, version_id)
    return Scorecard.model_validate(version.document)
