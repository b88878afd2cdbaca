"""Calls that the scorecard which ships was really held against, and people who may judge them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from calltrace.accounts.models import UserRole
from calltrace.accounts.service import create_user
from calltrace.analyses import lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.catalog.models import Agent
from calltrace.db.session import Database
from calltrace.evaluation.results import CriterionResult, Evaluation, MoodBySide, ScorecardRef, Verdict
from calltrace.evaluation.scoring import total
from calltrace.evaluation.summary import advice, verdicts
from calltrace.pipeline.context import Platform
from calltrace.scorecards.catalogue import default_scorecard
from database.analyses.factory import TRANSCRIPT, claimed, heard, submitted


@dataclass(frozen=True)
class Line:
    """What the machine said of a criterion, where it was not sure that it is met."""

    verdict: Verdict
    guess: Verdict = "not_met"


def judged(lines: Mapping[str, Line] = {}) -> Evaluation:
    """An evaluation by the scorecard that ships: everything is met but what is given."""
    scorecard = default_scorecard()
    results = list[CriterionResult]()
    for criterion in scorecard.criteria:
        line = lines.get(criterion.key, Line("met"))
        guess = line.guess if line.verdict == "needs_review" else line.verdict
        results.append(
            CriterionResult(
                key=criterion.key, name=criterion.name, verdict=line.verdict, confidence=0.8, method="rule",
                score=criterion.points if guess == "met" else 0.0, reason="The machine's reason.",
                max_score=0.0 if guess == "not_applicable" else criterion.points,
            )
        )  # fmt: skip
    sums = total(scorecard, {one.key: one for one in results})
    return Evaluation(
        score=sums.score, passed=sums.passed, criteria=results,
        summary=f"About a bill. {verdicts(scorecard, results, sums)}",
        scorecard=ScorecardRef(id=str(scorecard.id), name=scorecard.name, version=scorecard.version),
        recommendations=list(advice(scorecard, results).values()), escalation=False, customer_effort_score=2,
        sentiment=MoodBySide(customer="neutral", agent=None), sensitive_data=[],
    )  # fmt: skip


async def judged_call(
    platform: Platform,
    org: uuid.UUID,
    lines: Mapping[str, Line] = {},
    **changes: object,
) -> uuid.UUID:
    """A completed call, evaluated like that."""
    claim = await claimed(platform.intake, org, await submitted(platform.intake, org, **changes))
    await heard(platform, claim)
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(
            session, claim, TRANSCRIPT, judged(lines), ProcessingDocument(), platform.links
        )
    return claim.analysis_id


async def new_agent(database: Database, org: uuid.UUID, name: str = "Jane") -> uuid.UUID:
    async with database.tenant(org) as session:
        agent = Agent(org_id=org, name=name)
        session.add(agent)
        await session.flush()
        return agent.id


async def new_user(
    database: Database, org: uuid.UUID, role: UserRole, agent_id: uuid.UUID | None = None
) -> uuid.UUID:
    async with database.tenant(org) as session:
        user, _password = await create_user(session, org, f"{uuid.uuid4()}@x.test", role, "long enough")
        user.agent_id = agent_id
        return user.id
