"""Recordings of bots' calls are voice calls: known by the same names, filed in the same place."""

from typing import Any

from database.api.conftest import Api
from database.api.test_conversations_api import CALL

RECORDING: dict[str, Any] = {"fileUrl": "https://127.0.0.1/a.mp3", "aiCall": True, "externalId": "bot-1"}


async def _listed(call: Api, path: str) -> list[dict[str, Any]]:
    return (await call("GET", path)).json()["data"]


async def test_a_recording_is_the_voice_call_of_its_name(call: Api) -> None:
    work = await call.made("engagements", name="Acme")
    center = await call.made("call-centers", name="North")
    queue = await call.made("queues", name="Renewals", callCenterId=center["id"])
    sent = RECORDING | {"engagementId": work["id"]}
    made = (await call("POST", "analyses", sent)).json()["analysisId"]
    for narrowed in (f"engagementId={work['id']}", "externalId=bot-1"):
        assert [one["id"] for one in await _listed(call, f"voice-calls?{narrowed}")] == [made]
    changed = await call("PATCH", f"voice-calls/{made}", {"outcome": "Sold"})
    assert (changed.json()["outcome"], changed.json()["engagementId"]) == ("Sold", work["id"])
    assert [one["analysisId"] for one in await _listed(call, f"analyses?engagementId={work['id']}")] == [made]

    await call("PATCH", f"voice-calls/{made}", {"startedAt": "2026-02-01T08:00:00Z", "queueId": queue["id"]})
    shown = (await call("GET", f"analyses/{made}")).json()
    assert shown["call"]["calledAt"] == "2026-02-01T08:00:00.000Z"
    assert shown["call"]["callCenterId"] == center["id"]
    assert shown["call"]["engagementId"] == work["id"]

    again = CALL | {"externalId": "bot-1", "engagementId": work["id"]}
    assert (await call("POST", "voice-calls", again)).json()["id"] == made
    assert (await call("POST", "surveys", {"callExternalId": "bot-1", "score": 4})).status_code == 201


async def test_where_somebody_said_that_a_call_was_taken_stays(call: Api) -> None:
    there, elsewhere = [await call.made("call-centers", name=name) for name in ("There", "Elsewhere")]
    queue = await call.made("queues", name="Renewals", callCenterId=elsewhere["id"])
    made = (await call("POST", "analyses", RECORDING | {"callCenterId": there["id"]})).json()["analysisId"]
    await call("PATCH", f"voice-calls/{made}", {"queueId": queue["id"]})
    assert (await call("GET", f"analyses/{made}")).json()["call"]["callCenterId"] == there["id"]


async def test_two_recordings_of_one_name_are_two_calls(call: Api) -> None:
    first, second = [(await call("POST", "analyses", RECORDING)).json()["analysisId"] for _ in range(2)]
    assert [one["id"] for one in await _listed(call, "voice-calls?externalId=bot-1")] == [first]
    assert {one["id"] for one in await _listed(call, "voice-calls")} == {first, second}
    told = await call.made("voice-calls", **CALL | {"externalId": "told"})
    heard = await call("POST", "analyses", RECORDING | {"externalId": "told"})
    assert heard.status_code == 202
    assert [one["id"] for one in await _listed(call, "voice-calls?externalId=told")] == [told["id"]]
