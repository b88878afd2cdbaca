"""Batches as everyone sees them: REST and command line alike."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.batches import queries
from calltrace.batches.models import Batch, BatchCall
from calltrace.batches.queries import Means, Progress
from calltrace.db.base import Json
from calltrace.evaluation.results import Evaluation
from calltrace.kit import clock
from calltrace.scorecards.models import ScorecardVersion

MOST_AGENTS = 100
MOST_CHANGED = 10
Call = tuple[BatchCall, str | None, uuid.UUID | None, str | None]


async def backtest(session: AsyncSession, batch: Batch) -> Json:
    """A back-test with what it has found so far."""
    item = (await items(session, [batch]))[0]
    return {**item, "results": await _results(session, batch)}


async def items(session: AsyncSession, batches: Sequence[Batch]) -> list[Json]:
    """Batches in a list, each with how far it is."""
    found = await queries.progress(session, [one.id for one in batches])
    return [await _item(session, one, found.get(one.id, Progress())) for one in batches]


async def _item(session: AsyncSession, batch: Batch, progress: Progress) -> Json:
    """Percent counts calls that are still there; a batch that was cancelled stays where it was."""
    head: Json = {"backtestId": str(batch.id)} if batch.kind == "backtest" else {"batchId": str(batch.id)}
    return {
        **head, "status": batch.status,
        **(await _judged_by(session, batch)),
        "createdAt": clock.iso(batch.created_at),
        "completedAt": clock.iso(batch.completed_at) if batch.completed_at else None,
        "progress": {
            "percent": progress.percent, "selected": batch.selected, "waiting": progress.waiting,
            "done": progress.done, "failed": progress.failed,
        },
    }  # fmt: skip


async def _judged_by(session: AsyncSession, batch: Batch) -> Json:
    if batch.document is not None:
        against = await _number(session, batch.against_id)
        stored = batch.scorecard_id is not None
        return {
            "scorecardId": str(batch.scorecard_id) if stored else None,
            "version": batch.document["version"] if stored else None,
            "name": batch.document["name"], "against": against,
        }  # fmt: skip
    version = await _version(session, batch.scorecard_version_id)
    return {
        "byChoice": batch.by_choice, "scorecardId": str(version.scorecard_id) if version else None,
        "version": version.version if version else None,
    }  # fmt: skip


async def _version(session: AsyncSession, version_id: uuid.UUID | None) -> ScorecardVersion | None:
    return await session.get(ScorecardVersion, version_id) if version_id else None


async def _number(session: AsyncSession, version_id: uuid.UUID | None) -> int | None:
    version = await _version(session, version_id)
    return version.version if version else None


async def _results(session: AsyncSession, batch: Batch) -> Json:
    document = batch.document or {}
    names = {one["key"]: one["name"] for section in document["sections"] for one in section["criteria"]}
    means = await queries.means(session, batch.id)
    agents = await queries.by_agent(session, batch.id, MOST_AGENTS)
    moved = await queries.changed_most(session, batch.id, MOST_CHANGED)
    return {
        "compared": means.calls if means else 0,
        "score": _change(means.score_before, means.score_after) if means else None,
        "passRate": _pass_rate(means) if means else None,
        "criteria": _criteria(await queries.verdicts(session, batch.id), names),
        "agents": [
            {
                "agentId": str(agent_id) if agent_id else None, "name": name, "calls": one.calls,
                "score": _change(one.score_before, one.score_after), "passRate": _pass_rate(one),
            }
            for agent_id, name, one in agents
        ],
        "changedMost": [
            {"analysisId": str(one[0]), "externalId": one[1], "score": _change(one[2], one[3])}
            for one in moved
        ],
        "failures": [
            {"code": code, "calls": calls} for code, calls in await queries.failures(session, batch.id)
        ],
    }  # fmt: skip


def _change(before: float, after: float, digits: int = 1) -> Json:
    return {
        "before": round(before, digits), "after": round(after, digits),
        "change": round(after - before, digits),
    }  # fmt: skip


def _pass_rate(means: Means) -> Json:
    return _change(means.passed_before / means.calls, means.passed_after / means.calls, 3)


def _criteria(
    found: Sequence[tuple[str, str | None, str | None, int]], names: Mapping[str, str]
) -> list[Json]:
    """For each criterion how many verdicts became which; those of this version first, in its order."""
    tables = dict[str, dict[str, dict[str, int]]]()
    for key, before, after, calls in found:
        tables.setdefault(key, {}).setdefault(before or "absent", {})[after or "absent"] = calls
    order = [*(key for key in names if key in tables), *sorted(tables.keys() - names.keys())]
    return [_criterion(key, names.get(key), tables[key]) for key in order]


def _criterion(key: str, name: str | None, table: dict[str, dict[str, int]]) -> Json:
    both = {
        (before, after): calls
        for before, row in table.items()
        for after, calls in row.items()
        if "absent" not in {before, after}
    }
    changed = sum(calls for (before, after), calls in both.items() if before != after)
    return {
        "key": key, "name": name, "compared": sum(both.values()), "changed": changed, "verdicts": table,
    }  # fmt: skip


def backtest_call(found: Call) -> Json:
    """A call of a back-test: what it came to before and after."""
    call, external_id, agent_id, agent = found
    return {
        "analysisId": str(call.analysis_id), "externalId": external_id,
        "agentId": str(agent_id) if agent_id else None, "agentName": agent,
        "status": call.status, "code": call.code, "before": call.before, "after": _plain(call.after),
        "change": _moved(call),
    }  # fmt: skip


def _plain(side: Json | None) -> Json | None:
    """Without the words of the call that a back-test of a single call keeps."""
    return None if side is None else {name: value for name, value in side.items() if name != "evaluation"}


def tried(found: Call) -> Evaluation | None:
    """What came of the only call of a back-test, with quotes and reasons; none yet, or none of many calls."""
    kept = (found[0].after or {}).get("evaluation")
    return Evaluation.model_validate(kept) if kept else None


def _moved(call: BatchCall) -> float | None:
    before, after = ((side or {}).get("score") for side in (call.before, call.after))
    return None if before is None or after is None else round(after - before, 1)


def batch_call(found: Call) -> Json:
    """A call of a batch, and the evaluation that was made of it."""
    call, external_id = found[0], found[1]
    return {
        "analysisId": str(call.analysis_id), "externalId": external_id, "status": call.status,
        "code": call.code, "evaluationId": str(call.evaluation_id) if call.evaluation_id else None,
    }  # fmt: skip


async def calls(
    session: AsyncSession, batch: Batch, *, above: int, limit: int
) -> tuple[Sequence[Call], int | None]:
    """One page of a batch's calls in their order, and the position that the next page begins above."""
    found: Sequence[Any] = await queries.calls(session, batch.id, above=above, limit=limit + 1)
    return found[:limit], found[limit - 1][0].position if len(found) > limit else None
