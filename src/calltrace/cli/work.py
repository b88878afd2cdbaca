"""``calltrace work``: only a worker."""

import asyncio
import time
from pathlib import Path

import structlog
import typer

from calltrace.cli import instance
from calltrace.cli.service import start_service, with_shared_database
from calltrace.kit.disk import DiskFullError
from calltrace.pipeline.workdir import private_work_dir
from calltrace.pipeline.worker import DATABASE_LOST, Owed, run_worker
from calltrace.settings import Settings

PAUSE_SECONDS = 2.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def work(context: typer.Context) -> None:
    """Only a worker, for several machines."""
    settings = start_service(context)

    def start(dsn: str) -> None:
        while not _try_to_work(settings, dsn):
            time.sleep(PAUSE_SECONDS)

    with_shared_database(settings, start)


def _try_to_work(settings: Settings, dsn: str) -> bool:
    """Work until asked to stop; false while the disk has no room for a folder to work in."""
    try:
        with private_work_dir(settings.data_dir.absolute() / "work") as own:
            owed = Owed()
            while not asyncio.run(_run(settings, dsn, own, owed)):
                time.sleep(PAUSE_SECONDS)
    except DiskFullError as error:
        log.warning("work_dir_full", error=error.detail, again_in=PAUSE_SECONDS)
        return False
    return True


async def _run(settings: Settings, dsn: str, work_dir: Path, owed: Owed) -> bool:
    """Work until asked to stop; false when the database went away and it is worth to begin anew."""
    async with instance.open_platform(settings, dsn) as platform:
        try:
            await run_worker(platform, work_dir, owed)
        except DATABASE_LOST as error:
            log.warning("worker_lost_database", error=type(error).__name__, again_in=PAUSE_SECONDS)
            return False
    return True
