"""The job of an export: rows a page at a time into a file, and the file into the store.

A worker that dies leaves nothing: the next one begins the file anew.
"""

import asyncio
import json
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from calltrace.analyses.errors import StaleAttemptError
from calltrace.db.outage import DatabaseAwayError
from calltrace.insights import export_files, export_rows, exports
from calltrace.insights.export_rows import Row
from calltrace.insights.exports import Claim
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import InternalProcessingError, TryAgainLater, WorkerLostError
from calltrace.pipeline.interruptible import Interruptible
from calltrace.recordings import objects

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class TooManyRowsError(CallTraceError):
    """The format cannot hold them."""

    code = "too_many_rows"
    title = "There are more rows than the format can hold"


class Exporter(Interruptible):
    """Makes one file at a time, in a folder of the worker's."""

    def __init__(self, platform: Platform, work_dir: Path) -> None:
        super().__init__()
        self._platform = platform
        self._work_dir = work_dir
        self._one_at_a_time = asyncio.Lock()

    async def export(self, org_id: uuid.UUID, export_id: uuid.UUID) -> None:
        """Make one export, or raise TryAgainLater.

        Raises:
            DatabaseAwayError: nothing can be written down now.
        """
        with self.in_hand() as task:
            async with self._one_at_a_time:
                async with self._platform.database.tenant(org_id) as session:
                    claim = await exports.claim(session, org_id, export_id)
                if claim is not None:
                    await self._make_guarded(claim, task)

    async def _make_guarded(self, claim: Claim, task: "asyncio.Task[None]") -> None:
        """Make it, and see to it that whatever goes wrong is written down as what it is."""
        try:
            await self._make(claim)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            task.uncancel()
            raise TryAgainLater(0) from None
        except StaleAttemptError:
            log.info("stale_export", export=str(claim.export_id))
        except DatabaseAwayError:
            raise
        except CallTraceError as error:
            await self._handle_failed(claim, error)
        except Exception as error:
            log.exception("export_bug", export=str(claim.export_id))
            await self._handle_failed(claim, InternalProcessingError(f"{type(error).__name__}."))

    async def _make(self, claim: Claim) -> None:
        if claim.lost >= exports.MOST_LOST:
            raise WorkerLostError(f"{claim.lost} workers died at this export.")
        with tempfile.TemporaryDirectory(prefix="export-", dir=self._work_dir) as folder:
            spool, path = Path(folder) / "rows", Path(folder) / "file"
            rows = await self._collect(claim, spool)
            columns = export_rows.columns_of(claim.subject)
            await asyncio.to_thread(export_files.write, claim.form, path, columns, _lines(spool))
            await self._report(claim, rows)
            stored = await objects.store(self._platform.database, self._platform.vault, claim.org_id, path)
        async with self._platform.database.tenant(claim.org_id) as session:
            await exports.complete(session, claim, stored, rows, self._platform.links)
        log.info("export_completed", export=str(claim.export_id), rows=rows)

    async def _collect(self, claim: Claim, spool: Path) -> int:
        """All rows, a line of JSON each; how many they are."""
        rows, most = 0, export_files.MOST_ROWS.get(claim.form)
        with spool.open("w", encoding="utf-8") as file:
            async for page in export_rows.pages(self._platform.database, claim.org_id, claim.subject):
                file.writelines(json.dumps(dict(row)) + "\n" for row in page)
                rows += len(page)
                if most is not None and rows > most:
                    raise TooManyRowsError(f"{claim.form} holds {most} rows; choose a shorter period.")
                await self._report(claim, rows)
        return rows

    async def _report(self, claim: Claim, rows: int) -> None:
        async with self._platform.database.tenant(claim.org_id) as session:
            await exports.report(session, claim, rows)

    async def _handle_failed(self, claim: Claim, error: CallTraceError) -> None:
        """Let it be tried again, or end it as failed with a code."""
        schedule = self._platform.settings.processing_retry_schedule
        again = error.retryable and claim.tries < len(schedule)
        log.warning("export_failed", export=str(claim.export_id), code=error.code, again=again)
        with suppress(StaleAttemptError):
            async with self._platform.database.tenant(claim.org_id) as session:
                if again:
                    await exports.note_failed_try(session, claim)
                else:
                    await exports.fail(session, claim, error)
        if again:
            raise TryAgainLater(schedule[claim.tries])


def _lines(spool: Path) -> Iterator[Row]:
    with spool.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
