"""The job of one evaluation that was asked for later: the child makes it."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.alerts import service as alerts
from calltrace.analyses import evaluation_work, lifecycle
from calltrace.analyses.evaluation_work import Material
from calltrace.evaluation.results import Evaluation
from calltrace.kit.children import Child
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import error_document
from calltrace.pipeline.fenced import Fenced, Verbs
from calltrace.pipeline.steps import evaluation_request
from calltrace.reviews import standing


async def _give_back(session: AsyncSession, material: Material) -> None:
    await evaluation_work.give_back(session, material.claim)


async def _note_failed_try(session: AsyncSession, material: Material) -> None:
    await evaluation_work.note_failed_try(session, material.claim)


async def _fail(session: AsyncSession, material: Material, error: CallTraceError) -> None:
    await evaluation_work.fail(session, material.claim, error_document(error, "evaluating"))


VERBS: Verbs[Material] = Verbs(
    noun="evaluation", most_lost=lifecycle.MOST_LOST_LEASES, claim=evaluation_work.claim,
    give_back=_give_back, note_failed_try=_note_failed_try, fail=_fail,
)  # fmt: skip


class Reevaluator(Fenced[Material]):
    """Evaluates again with the worker's warm child, in turn with the analyses that it works on.

    Args:
        platform: where evaluations are kept.
        child: evaluates.
        owed: what is to be given back once the database is there again; outlives the reevaluator.
    """

    def __init__(self, platform: Platform, child: Child, owed: list[Material]) -> None:
        super().__init__(platform, VERBS, self._evaluate, owed)
        self._child = child

    async def evaluate(self, org_id: uuid.UUID, evaluation_id: uuid.UUID) -> None:
        """Make one evaluation: as ``work``."""
        await self.work(org_id, evaluation_id)

    async def _evaluate(self, material: Material) -> None:
        request = evaluation_request(
            material.transcript, material.scorecard, material.duration, material.marks
        )
        answer = await self._child.call(request, lambda _progress: None)
        evaluation = Evaluation.model_validate(answer["evaluation"])
        async with self._platform.database.tenant(material.org_id) as session:
            evaluation = await standing.with_suggestions(session, evaluation, material.version_id)
            await evaluation_work.complete(session, material.claim, evaluation)
            await alerts.judge_again(
                session, material.claim.evaluation_id, material.transcript, evaluation,
                self._platform.public_url,
            )  # fmt: skip
