"""``calltrace scorecards backtest``: what a scorecard would have made of past calls."""

import asyncio
import tempfile
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from calltrace.analyses.list_queries import Filters
from calltrace.batches import queries, service, shown
from calltrace.batches.models import Batch
from calltrace.batches.selection import MOST_CALLS, Selection
from calltrace.batches.service import BACKTEST, Asked
from calltrace.catalog import service as catalog
from calltrace.cli.accounts import OrgOption, moment
from calltrace.cli.bars import counted
from calltrace.cli.instance import for_organisation, settings_of
from calltrace.cli.output import JsonOption, show_one
from calltrace.cli.report_backtest import backtest_report
from calltrace.kit import logs
from calltrace.kit.errors import UsageError
from calltrace.pipeline.batches import BatchRunner
from calltrace.pipeline.context import Platform, build_child
from calltrace.scorecards import service as scorecards
from calltrace.scorecards.catalogue import named_scorecard

LOOK_SECONDS = 0.5
_FILES = {".yaml", ".yml"}
_OVER = {"completed", "cancelled"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    scorecard: str
    version: int | None
    against: int | None
    queue: str | None
    filters: Filters
    limit: int


def backtest(
    context: typer.Context,
    scorecard: Annotated[str, typer.Argument(help="A YAML file, or a scorecard's id, external id or name.")],
    org: OrgOption,
    version: Annotated[int | None, typer.Option(help="None means the draft, else the newest.", min=1)] = None,
    against: Annotated[
        int | None, typer.Option(help="A published version; none means what each call has now.", min=1)
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO-8601, of the calls' creation.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO-8601.")] = None,
    queue: Annotated[str | None, typer.Option(help="Id, external id or name.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1, max=MOST_CALLS)] = 1000,
    as_json: JsonOption = False,
) -> None:
    """Judge past calls by a scorecard, here and now; nothing of the calls changes.

    A file is only tried: it is stored as no scorecard. If this ends before it is done, workers go on.
    """
    if Path(scorecard).suffix in _FILES and (version or against):
        raise UsageError("A file has no versions: leave out --version and --against.")
    filters = Filters(
        created_from=moment(since, "--from") if since else None,
        created_to=moment(until, "--to") if until else None,
    )
    wanted = Wanted(scorecard, version, against, queue, filters, limit)

    async def work(platform: Platform, org_id: uuid.UUID) -> dict[str, Any]:
        batch = await _ask(platform, org_id, wanted)
        return await _run(platform, org_id, batch)

    settings = settings_of(context)
    logs.configure("warning", settings.log_format)  # a bar tells how it goes
    found = for_organisation(settings, org, work)
    if as_json:
        show_one(found, as_json=True)
    else:
        backtest_report(found)


async def _ask(platform: Platform, org_id: uuid.UUID, wanted: Wanted) -> Batch:
    file = Path(wanted.scorecard)
    document = named_scorecard(file) if file.suffix in _FILES else None
    async with platform.database.tenant(org_id) as session:
        filters = wanted.filters
        if wanted.queue is not None:
            queue = await catalog.find_queue(session, wanted.queue)
            filters = replace(filters, queue_id=queue.id)
        asked = Asked(org_id, "live", Selection(None, filters, wanted.limit), with_job=False)
        if document is not None:
            return await service.backtest_of_file(session, asked, document.model_dump(mode="json"))
        found = await scorecards.find(session, wanted.scorecard)
        return await service.backtest(session, asked, found.row.id, wanted.version, wanted.against)


async def _run(platform: Platform, org_id: uuid.UUID, batch: Batch) -> dict[str, Any]:
    """Do the work in this process, and watch it; should a worker take it over, only watch it."""
    with tempfile.TemporaryDirectory() as folder:
        child = build_child(platform.settings, Path(folder))
        work = asyncio.create_task(BatchRunner(platform, child, []).run(org_id, batch.id))
        try:
            return await _watch(platform, org_id, batch, work)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await child.close()


async def _watch(
    platform: Platform, org_id: uuid.UUID, batch: Batch, work: "asyncio.Task[None]"
) -> dict[str, Any]:
    with counted("Back-test") as moved:
        while True:
            await asyncio.wait([work], timeout=LOOK_SECONDS)
            if work.done():
                work.result()
            async with platform.database.tenant(org_id) as session:
                found = await service.find(session, batch.id, BACKTEST, "live")
                progress = (await queries.progress(session, [batch.id])).get(batch.id, queries.Progress())
                if found.status in _OVER:
                    return await shown.backtest(session, found)
            ended = progress.done + progress.failed
            moved("calls", ended, ended + progress.waiting)
            if work.done():
                await asyncio.sleep(LOOK_SECONDS)
