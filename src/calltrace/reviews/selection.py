"""Putting a call on the review queue as it completes, in that transaction: once, by whatever rules."""

import uuid
from typing import cast

from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis
from calltrace.evaluation.scoring import total
from calltrace.kit.ids import uuid7
from calltrace.reviews import pinned, queries
from calltrace.reviews.models import ReviewItem, ReviewRule
from calltrace.reviews.rules import Finished, RuleKind, matches

_ONE_AT_A_TIME = sql("SELECT pg_advisory_xact_lock(hashtextextended(:quota, 0))")
"""Calls of one agent that complete together are counted one after the other."""


async def select(session: AsyncSession, analysis_id: uuid.UUID) -> bool:
    """Put a call that has just completed on the queue, if any rule wants it; answers whether one does.

    Chance is drawn from the call's id: asked again, the answer is the same.
    """
    rules = await queries.enabled_rules(session)
    if not rules:
        return False
    analysis = await session.get_one(Analysis, analysis_id)
    found = await pinned.shown(session, analysis)
    sums = total(found.scorecard, {one.key: one for one in found.machine.criteria})
    call = Finished(analysis_id, found.machine, sums.failed_by)
    reasons = [
        {"ruleId": str(rule.id), "kind": rule.kind, "name": rule.name}
        for rule in rules
        if matches(cast("RuleKind", rule.kind), rule.settings, call)
        and not await _used_up(session, rule, analysis)
    ]
    if not reasons:
        return False
    row = {"id": uuid7(), "org_id": analysis.org_id, "analysis_id": analysis_id, "reasons": reasons}
    await session.execute(insert(ReviewItem).values(row).on_conflict_do_nothing())
    return True


async def _used_up(session: AsyncSession, rule: ReviewRule, analysis: Analysis) -> bool:
    """Whether a quota has its calls of the agent for the week; a call of nobody is in none."""
    if rule.kind != "quota":
        return False
    if analysis.agent_id is None:
        return True
    await session.execute(_ONE_AT_A_TIME, {"quota": f"{rule.id}/{analysis.agent_id}"})
    had = await queries.of_the_week(session, str(rule.id), analysis.agent_id, analysis.mode)
    return had >= rule.settings["count"]
