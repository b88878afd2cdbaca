"""An analysis in a worker's hands, and the steps that work on it."""

import asyncio
import uuid
from pathlib import Path

from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.steps import Steps
from calltrace.pipeline.work import Work
from database.analyses.factory import claimed


async def work_on(platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID, folder: Path) -> Work:
    intake = Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=False)
    claim = await claimed(intake, org, analysis_id)
    async with platform.database.tenant(org) as session:
        analysis = await session.get(Analysis, analysis_id)
    task = asyncio.current_task()
    assert analysis
    assert task
    return Work(claim, analysis, ProcessingDocument(), folder, task)


def steps_of(platform: Platform, folder: Path) -> Steps:
    return Steps(platform, build_child(platform.settings, folder))
