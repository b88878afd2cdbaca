"""How a call looks and what a browser plays of it, by API."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses.erase import erase
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import claimed, heard, playable, recorded, submitted
from database.api.asking import auth, problem_of
from database.conftest import Caller, new_token

RECORDED = bytes(range(256)) * 800
COPY = bytes(range(255, -1, -1)) * 600


@dataclass(frozen=True)
class Call:
    """A call that was heard, as one key sees it."""

    api: httpx2.AsyncClient
    token: str
    call_id: uuid.UUID

    async def get(self, part: str = "", **headers: str) -> httpx2.Response:
        return await self.api.get(f"/api/v1/calls/{self.call_id}{part}", headers=auth(self.token) | headers)

    async def shown(self) -> dict[str, Any]:
        return (await self.get()).json()


@pytest.fixture
async def token(database: Database, caller: Caller) -> str:
    return await new_token(database, caller.org_id, ("calls:read",))


@pytest.fixture
async def new_call(
    api: httpx2.AsyncClient, token: str, platform: Platform, intake: Intake, caller: Caller, tmp_path: Path
) -> Any:
    async def make(copy: bytes | None = COPY) -> Call:
        claim = await claimed(intake, caller.org_id, await submitted(intake, caller.org_id))
        await recorded(platform, claim, tmp_path, RECORDED)
        await playable(platform, claim, tmp_path, copy)
        return Call(api, token, claim.analysis_id)

    return make


@pytest.fixture
async def call(new_call: Any) -> Call:
    return await new_call()


async def test_peaks_are_what_a_player_draws(call: Call) -> None:
    answer = await call.get("/peaks")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "duration": 12.5, "pointsPerSecond": 20, "channels": [[0.0, 0.2, 1.0], [0.0, 0.0, 0.4]]
    }  # fmt: skip


async def test_peaks_are_kept_by_the_client_and_asked_for_by_their_tag(call: Call) -> None:
    first = await call.get("/peaks")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache", "no cache shows what was erased"
    for known in (tag, f'"other", W/{tag}', "*"):
        again = await call.get("/peaks", **{"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await call.get("/peaks", **{"If-None-Match": '"other"'})).json() == first.json()


async def test_the_copy_is_played_with_ranges_and_the_recording_stays_as_it_came(call: Call) -> None:
    whole = await call.get("/playback")
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, COPY, "audio/mpeg")
    part = await call.get("/playback", Range="bytes=70000-70009")
    assert (part.status_code, part.content) == (206, COPY[70000:70010])
    assert part.headers["content-range"] == f"bytes 70000-70009/{len(COPY)}"
    problem_of(await call.get("/playback", Range="bytes=999999-"), 416, "range_not_satisfiable")
    head = await call.api.head(f"/api/v1/calls/{call.call_id}/playback", headers=auth(call.token))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(COPY)))
    assert (await call.get("/recording")).content == RECORDED


async def test_a_recording_that_plays_as_it_is_is_played_itself(new_call: Any) -> None:
    call: Call = await new_call(None)
    answer = await call.get("/playback")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (
        200,
        RECORDED,
        "audio/wav",
    )


async def test_the_signed_link_plays_without_a_key_and_is_checked(call: Call) -> None:
    link = (await call.shown())["playbackUrl"]
    assert link.startswith(f"https://calls.test/api/v1/recordings/{call.call_id}/playback?")
    path = link.removeprefix("https://calls.test")
    part = await call.api.get(path, headers={"Range": "bytes=-5"})
    assert (part.status_code, part.content) == (206, COPY[-5:])
    assert (await call.api.head(path)).headers["content-length"] == str(len(COPY))
    problem_of(await call.api.get(path.replace("expires=", "expires=9")), 403, "link_refused")


async def test_marks_are_shown_with_the_call(call: Call) -> None:
    hold = {"kind": "hold", "start": 3.0, "end": 9.0, "channel": 0}
    assert (await call.shown())["marks"] == [hold]


async def test_before_it_was_heard_there_is_nothing_and_the_codes_say_so(
    api: httpx2.AsyncClient, token: str, platform: Platform, intake: Intake, caller: Caller, tmp_path: Path
) -> None:
    claim = await claimed(intake, caller.org_id, await submitted(intake, caller.org_id))
    call = Call(api, token, claim.analysis_id)
    for fetched in (False, True):
        if fetched:
            await recorded(platform, claim, tmp_path)
        problem_of(await call.get("/peaks"), 404, "waveform_not_there")
        problem_of(await call.get("/playback"), 404, "playback_not_there")
        shown = await call.shown()
        assert (shown["playbackUrl"], shown["marks"], shown["recordingUrl"] is not None) == (
            None,
            None,
            fetched,
        )


async def test_where_no_copy_could_be_made_the_recording_is_there_and_nothing_to_play(
    api: httpx2.AsyncClient, token: str, platform: Platform, intake: Intake, caller: Caller, tmp_path: Path
) -> None:
    claim = await claimed(intake, caller.org_id, await submitted(intake, caller.org_id))
    await recorded(platform, claim, tmp_path)
    await heard(platform, claim)
    call = Call(api, token, claim.analysis_id)
    problem_of(await call.get("/playback"), 404, "playback_not_there")
    assert (await call.get("/recording")).status_code == 200
    link = platform.links.playback_url(caller.org_id, claim.analysis_id).removeprefix("https://calls.test")
    problem_of(await api.get(link), 404, "playback_not_there")


async def test_only_their_own(call: Call, caller: Caller, database: Database, new_org: Any) -> None:
    for stranger in (
        await new_token(database, await new_org(), ("calls:read",)),
        await new_token(database, caller.org_id, ("calls:read",), mode="test"),
    ):
        for part in ("/peaks", "/playback"):
            problem_of(await Call(call.api, stranger, call.call_id).get(part), 404, "not_found")


async def test_erased_they_are_gone_from_every_address(
    call: Call, caller: Caller, platform: Platform
) -> None:
    link = (await call.shown())["playbackUrl"].removeprefix("https://calls.test")
    tag = (await call.get("/peaks")).headers["etag"]
    await erase(platform.database, platform.vault, OPERATOR, caller.org_id, call.call_id, "live")
    problem_of(await call.get("/peaks", **{"If-None-Match": tag}), 404, "not_found")
    problem_of(await call.get("/playback"), 404, "not_found")
    problem_of(await call.api.get(link), 404, "playback_not_there")


async def test_the_document_tells_of_every_answer(call: Call) -> None:
    document = (await call.api.get("/openapi.json")).json()
    peaks = document["paths"]["/api/v1/calls/{call_id}/peaks"]["get"]
    assert {"200", "304", "401", "403", "404", "429", "500", "503"} <= peaks["responses"].keys()
    example = peaks["responses"]["200"]["content"]["application/json"]["example"]
    assert example.keys() == {"duration", "pointsPerSecond", "channels"}
    assert len(example["channels"][0]) == example["duration"] * example["pointsPerSecond"]
    for path in ("/api/v1/calls/{call_id}/playback", "/api/v1/recordings/{analysis_id}/playback"):
        answers = document["paths"][path]["get"]["responses"]
        assert {"200", "206", "403", "404", "416"} <= answers.keys()
        assert set(answers["200"]["content"]) == {"audio/mpeg", "audio/mp4"}
    call_fields = document["components"]["schemas"]["CallDocument"]["properties"]
    assert {"marks", "playbackUrl"} <= call_fields.keys()
