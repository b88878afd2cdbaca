"""The job of an export: rows a page at a time into a file, and the file into the store.

A worker that dies leaves nothing: the next one begins the file anew.
"""

import asyncio
import json
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from calltrace.insights import export_files, export_rows, exports
from calltrace.insights.export_rows import Row
from calltrace.insights.exports import Claim
from calltrace.kit.errors import CallTraceError
from calltrace.kit.words import Words
from calltrace.pipeline.context import Platform
from calltrace.pipeline.fenced import Fenced, Verbs
from calltrace.recordings import objects


class TooManyRowsError(CallTraceError):
    """The format cannot hold them."""

    code = "too_many_rows"
    title = "There are more rows than the format can hold"


VERBS: Verbs[Claim] = Verbs(
    noun="export", most_lost=exports.MOST_LOST, claim=exports.claim, give_back=exports.give_back,
    note_failed_try=exports.note_failed_try, fail=exports.fail,
)  # fmt: skip


class Exporter(Fenced[Claim]):
    """Makes one file at a time, in a folder of the worker's.

    Args:
        platform: where exports are kept.
        work_dir: where files are made.
        owed: what is to be given back once the database is there again; outlives the exporter.
    """

    def __init__(self, platform: Platform, work_dir: Path, owed: list[Claim]) -> None:
        super().__init__(platform, VERBS, self._export, owed, asyncio.Lock())
        self._work_dir = work_dir

    async def export(self, org_id: uuid.UUID, export_id: uuid.UUID) -> None:
        """Make one export: as ``work``."""
        await self.work(org_id, export_id)

    async def _export(self, claim: Claim) -> None:
        with tempfile.TemporaryDirectory(prefix="export-", dir=self._work_dir) as folder:
            spool, path = Path(folder) / "rows", Path(folder) / "file"
            rows = await self._collect(claim, spool)
            columns = export_rows.columns_of(claim.subject)
            await asyncio.to_thread(export_files.write, claim.form, path, columns, _lines(spool))
            await self._report(claim, rows)
            stored = await objects.store(self._platform.database, self._platform.vault, claim.org_id, path)
        async with self._platform.database.tenant(claim.org_id) as session:
            await exports.complete(session, claim, stored, rows, self._platform.links)

    async def _collect(self, claim: Claim, spool: Path) -> int:
        """All rows, a line of JSON each; how many they are."""
        rows, most = 0, export_files.MOST_ROWS.get(claim.form)
        with spool.open("w", encoding="utf-8") as file:
            async for page in export_rows.pages(self._platform.database, claim.org_id, claim.subject):
                file.writelines(json.dumps(dict(row)) + "\n" for row in page)
                rows += len(page)
                if most is not None and rows > most:
                    raise TooManyRowsError(
                        Words(
                            "%(form)s holds %(most)s rows; choose a shorter period.",
                            form=claim.form,
                            most=most,
                        )
                    )
                await self._report(claim, rows)
        return rows

    async def _report(self, claim: Claim, rows: int) -> None:
        async with self._platform.database.tenant(claim.org_id) as session:
            await exports.report(session, claim, rows)


def _lines(spool: Path) -> Iterator[Row]:
    with spool.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
