"""``calltrace work``: only a worker."""

import asyncio
import tempfile
from pathlib import Path

import typer

from calltrace.cli import instance
from calltrace.cli.service import start_service, with_shared_database
from calltrace.pipeline.worker import run_worker
from calltrace.settings import Settings


def work(context: typer.Context) -> None:
    """Only a worker, for several machines."""
    settings = start_service(context)

    async def run(dsn: str, work_dir: Path) -> None:
        async with instance.open_platform(settings, dsn) as platform:
            await run_worker(platform, work_dir)

    def start(dsn: str) -> None:
        with tempfile.TemporaryDirectory(prefix="worker-", dir=_work_dir(settings)) as own:
            asyncio.run(run(dsn, Path(own)))

    with_shared_database(settings, start)


def _work_dir(settings: Settings) -> Path:
    """Decoded audio waits here; it is as private as the data directory."""
    path = settings.data_dir.absolute() / "work"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
