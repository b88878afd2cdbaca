"""Back-tests and evaluating in bulk over REST."""

import csv
import io
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest

from calltrace.analyses.submit import Intake
from calltrace.batches import service
from calltrace.pipeline.batches import BatchRunner
from calltrace.pipeline.context import Platform, build_child
from database.analyses.factory import completed
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, count, new_token
from database.scorecards.factory import stored


@pytest.fixture
async def ids(platform: Platform, intake: Intake, caller: Caller) -> list[uuid.UUID]:
    return [await completed(platform, intake, caller.org_id, external_id=f"crm-{n}") for n in range(3)]


@pytest.fixture
async def scorecard(platform: Platform, caller: Caller) -> str:
    return str((await stored(platform.database, caller.org_id, words="good morning")).row.id)


async def _work(platform: Platform, org: uuid.UUID, batch_id: str, folder: Path) -> None:
    child = build_child(platform.settings, folder)
    await BatchRunner(platform, child, []).run(org, uuid.UUID(batch_id))
    await child.close()


async def test_a_back_test_from_the_202_to_its_results(
    call: Api, caller: Caller, platform: Platform, ids: list[uuid.UUID], scorecard: str, tmp_path: Path
) -> None:
    path = f"scorecards/{scorecard}/backtests"
    answer = await call("POST", path)
    begun = answer.json()
    assert answer.status_code == 202
    assert (begun["status"], begun["scorecardId"], begun["version"]) == ("queued", scorecard, 1)
    assert begun["progress"] == {"percent": 0, "selected": 3, "waiting": 3, "done": 0, "failed": 0}
    one = f"{path}/{begun['backtestId']}"
    seen = (await call("GET", one)).json()
    assert (seen["results"]["compared"], seen["results"]["score"]) == (0, None)
    await _work(platform, caller.org_id, begun["backtestId"], tmp_path)
    seen = (await call("GET", one)).json()
    assert (seen["status"], seen["progress"]["percent"], seen["results"]["compared"]) == ("completed", 100, 3)
    assert seen["results"]["score"] == {"before": 82.0, "after": 100.0, "change": 18.0}
    listed = (await call("GET", path)).json()
    assert listed["data"] == [{name: value for name, value in seen.items() if name != "results"}]
    found, cursor = list[dict[str, Any]](), ""
    while cursor is not None:
        page = (await call("GET", f"{one}/calls?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
        found += page["data"]
        cursor = page["nextCursor"]
    assert [entry["analysisId"] for entry in found] == [str(one) for one in reversed(ids)]
    assert found[0]["after"] == {"score": 100.0, "passed": True, "verdicts": {"renewals_said": "met"}}
    table = await call("GET", f"{one}/calls.csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["externalId"] for row in rows] == ["crm-2", "crm-1", "crm-0"]
    assert {(row["scoreAfter"], row["renewals_said after"]) for row in rows} == {("100.0", "met")}
    refused(await call("POST", f"{one}/cancel"), 409, "batch_over")


async def test_calls_can_be_named_and_narrowed_down(call: Api, ids: list[uuid.UUID], scorecard: str) -> None:
    path = f"scorecards/{scorecard}/backtests"
    for body, expected in (
        ({"analysisIds": [str(ids[0])]}, 1), ({"limit": 2}, 2), ({"from": "2000-01-01T00:00:00Z"}, 3),
    ):  # fmt: skip
        assert (await call("POST", path, body)).json()["progress"]["selected"] == expected
    for body in (
        {"queueId": str(uuid.uuid4())}, {"agentId": str(uuid.uuid4())}, {"to": "2000-01-01T00:00:00Z"},
    ):  # fmt: skip
        refused(await call("POST", path, body), 409, "nothing_to_evaluate")


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown version": ({"version": 9}, "/version"),
    "an unknown version to compare with": ({"against": 9}, "/against"),
    "version 0": ({"version": 0}, "/version"),
    "no limit": ({"limit": 0}, "/limit"),
    "too high a limit": ({"limit": 10_001}, "/limit"),
    "an unknown call": ({"analysisIds": [str(uuid.UUID(int=1))]}, "/analysisIds/0"),
    "no call": ({"analysisIds": []}, "/analysisIds"),
    "no id": ({"analysisIds": ["x"]}, "/analysisIds/0"),
    "a time without its offset": ({"from": "2026-01-01T00:00:00"}, "/from"),
    "a number as a time": ({"from": 1}, "/from"),
}


@pytest.mark.parametrize(("body", "field"), BAD.values(), ids=BAD)
async def test_bad_fields_are_400_and_named(
    call: Api, ids: list[uuid.UUID], scorecard: str, body: dict[str, Any], field: str
) -> None:
    assert ids
    refused(await call("POST", f"scorecards/{scorecard}/backtests", body), 400, "invalid_request", field)


async def test_a_draft_cannot_be_compared_with(call: Api, ids: list[uuid.UUID], scorecard: str) -> None:
    assert ids
    await call("PATCH", f"scorecards/{scorecard}", {"draft": True, "name": "x"})
    path = f"scorecards/{scorecard}/backtests"
    refused(await call("POST", path, {"against": 2}), 400, "invalid_request", "/against")
    assert (await call("POST", path, {"against": 1})).json()["version"] == 2


async def test_calls_are_evaluated_again_in_bulk(
    call: Api, caller: Caller, platform: Platform, ids: list[uuid.UUID], scorecard: str, tmp_path: Path
) -> None:
    begun = (await call("POST", "evaluation-batches", {"scorecardId": scorecard})).json()
    assert (begun["scorecardId"], begun["version"], begun["byChoice"]) == (scorecard, 1, False)
    one = f"evaluation-batches/{begun['batchId']}"
    await _work(platform, caller.org_id, begun["batchId"], tmp_path)
    seen = (await call("GET", one)).json()
    assert (seen["status"], seen["progress"]["done"]) == ("completed", 3)
    assert (await call("GET", "evaluation-batches")).json()["data"] == [seen]
    page = (await call("GET", f"{one}/calls?limit=2")).json()
    assert [entry["analysisId"] for entry in page["data"]] == [str(ids[2]), str(ids[1])]
    rest = (await call("GET", f"{one}/calls?limit=2&cursor={page['nextCursor']}")).json()
    entry = rest["data"][0]
    made = await call("GET", f"analyses/{entry['analysisId']}/evaluations/{entry['evaluationId']}")
    assert (made.json()["status"], made.json()["scorecard"]["id"]) == ("completed", scorecard)
    for wrong in ("cursor=x", "cursor=-1", "limit=0", "colour=red"):
        refused(await call("GET", f"{one}/calls?{wrong}"), 400, "invalid_request")


async def test_a_batch_is_cancelled_twice_and_is_cancelled_once(call: Api, ids: list[uuid.UUID]) -> None:
    assert ids
    begun = (await call("POST", "evaluation-batches")).json()
    assert begun["byChoice"]
    answers = [await call("POST", f"evaluation-batches/{begun['batchId']}/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "cancelled"


async def test_too_many_unfinished_batches_are_refused(
    call: Api, caller: Caller, platform: Platform, ids: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ids
    monkeypatch.setattr(service, "MOST_UNFINISHED", 1)
    await call("POST", "evaluation-batches")
    refused(await call("POST", "evaluation-batches"), 409, "too_many_batches")
    assert await count(platform.database, "batches", caller.org_id) == 1


@pytest.fixture
async def others(api: httpx2.AsyncClient, caller: Caller, platform: Platform, new_org: NewOrg) -> list[Api]:
    """Another organisation, and a test key of this one."""
    stranger = Api(api, await new_token(platform.database, await new_org()))
    return [stranger, Api(api, await new_token(platform.database, caller.org_id, mode="test"))]


async def test_others_neither_see_nor_stop_them(
    call: Api, others: list[Api], ids: list[uuid.UUID], scorecard: str
) -> None:
    other = (await call.made("scorecards", name="Other"))["id"]
    backtest = (await call("POST", f"scorecards/{scorecard}/backtests")).json()["backtestId"]
    batch = (await call("POST", "evaluation-batches")).json()["batchId"]
    both = [f"scorecards/{scorecard}/backtests/{backtest}", f"evaluation-batches/{batch}"]
    wrong = [f"scorecards/{other}/backtests/{backtest}", f"evaluation-batches/{backtest}"]
    for who, paths in ((others[0], both), (others[1], both), (call, wrong)):
        for path in paths:
            for method, where in (("GET", path), ("GET", f"{path}/calls"), ("POST", f"{path}/cancel")):
                refused(await who(method, where), 404, "not_found")
        refused(await who("GET", f"{paths[0]}/calls.csv"), 404, "not_found")
    refused(await others[0]("GET", f"scorecards/{scorecard}/backtests"), 404, "not_found")
    refused(await others[0]("POST", f"scorecards/{scorecard}/backtests"), 404, "not_found")
    for who in others:
        assert (await who("GET", "evaluation-batches")).json()["data"] == []
        body = {"analysisIds": [str(ids[0])]}
        refused(await who("POST", "evaluation-batches", body), 400, "invalid_request", "/analysisIds/0")
    assert (await call("GET", both[1])).json()["status"] == "queued"
