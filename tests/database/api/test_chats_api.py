"""Chats are no recordings: contracts that tell of recordings do not tell of them, and no time is measured."""

from datetime import UTC, datetime

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import conversations, lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.telling import Source, Told
from calltrace.conversations.service import Said
from calltrace.dialects.callcenterrate import queries as callcenterrate
from calltrace.dialects.callcenterrate.filters import Narrowed, Part
from calltrace.dialects.callcov import queries as callcov
from calltrace.dialects.callcov.queries import Wanted
from calltrace.pipeline.context import Platform
from database.analyses.factory import EVALUATION, TRANSCRIPT, claimed
from database.api.conftest import Api
from database.conftest import Caller

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


async def test_a_chat_is_no_recording_of_any_contract(platform: Platform, caller: Caller, call: Api) -> None:
    told = Told("chat-1", {"started_at": AT}, [Said("agent", "Good morning.", AT)])
    row, _new = await conversations.receive(platform.intake, Source(caller.org_id, OPERATOR), told)
    assert row.analysis_id is not None
    claim = await claimed(platform.intake, caller.org_id, row.analysis_id)
    async with platform.database.tenant(caller.org_id) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
        narrowed, part = Narrowed(), Part(1, 50)
        assert await callcenterrate.audios(session, narrowed, None, part) == ([], 0)
        assert await callcenterrate.audio(session, row.analysis_id) is None
        assert await callcenterrate.analyses(session, narrowed, part) == ([], 0)
        assert await callcenterrate.analysis(session, row.analysis_id) is None
        assert await callcov.page(session, Wanted("live"), offset=0, limit=50) == (0, [])
        assert await callcov.find(session, row.analysis_id, "live", None) is None
    path = f"analyses/{row.analysis_id}"
    assert (await call("POST", f"{path}/roles", {})).status_code < 300
    shown = (await call("GET", path)).json()["call"]
    measured = ("durationSeconds", "metrics", "marks", "channels", "sampleRate", "recordingUrl")
    assert (shown["medium"], [shown[name] for name in measured]) == ("text", [None] * len(measured))
    for kind in ("analyses", "calls"):
        for medium, found in (("", 1), ("?medium=text", 1), ("?medium=voice", 0)):
            assert len((await call("GET", kind + medium)).json()["data"]) == found
