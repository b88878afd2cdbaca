"""Where the agent is: the call says it, else its queue, else the organisation, else what is said."""

import uuid
from pathlib import Path

import pytest

from calltrace.accounts import organisation
from calltrace.accounts.audit import OPERATOR
from calltrace.analyses.submit import Intake
from calltrace.catalog.models import Queue
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.steps import Steps
from database.analyses.factory import submitted
from database.pipeline.working import work_on

CASES = {
    "nothing is said": (None, None, None, "auto"),
    "the organisation": (None, None, "agent-left", "agent-left"),
    "its queue comes first": (None, "agent-right", "agent-left", "agent-right"),
    "the call comes before both": ("mono", "agent-right", "agent-left", "mono"),
    "a queue leaves it to what is said": (None, "auto", "agent-left", "auto"),
}


@pytest.mark.parametrize("said", CASES.values(), ids=CASES)
async def test_who_comes_first(
    platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path, said: tuple[str | None, ...]
) -> None:
    call, queue, org_wide, told = said
    async with platform.database.tenant(org) as session:
        await organisation.change(session, org, OPERATOR, {"agent_channels": org_wide})
        row = Queue(org_id=org, name="Renewals", agent_channels=queue)
        session.add(row)
    analysis_id = await submitted(intake, org, agent_channels=call, queue_id=row.id)
    work = await work_on(platform, org, analysis_id, tmp_path)
    child = build_child(platform.settings, tmp_path)
    known = await Steps(platform, child)._known_before(work)  # pyright: ignore[reportPrivateUsage] - what the child is asked for
    assert known == {"hints": [], "channels": told, "among": []}
