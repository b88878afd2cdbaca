"""``/alert-rules`` and ``/alerts`` by REST."""

import uuid
from typing import Any

from calltrace.analyses.submit import Intake
from calltrace.pipeline.context import Platform
from database.alerts.test_alerts import LOW, evaluated
from database.api.conftest import Api, refused
from database.conftest import Caller, new_token

CONDITIONS: dict[str, Any] = {
    "match": "any",
    "conditions": [
        {"kind": "score", "operator": "under", "value": 60},
        {"kind": "group", "match": "all", "conditions": [
            {"kind": "keyword", "words": ["morning"], "match": "stem", "speaker": "agent"},
            {"kind": "silence", "measure": "total", "value": 1},
        ]},
    ],
}  # fmt: skip


async def test_a_rule_is_made_read_changed_listed_and_deleted(call: Api) -> None:
    made = await call.made("alert-rules", name="Low", externalId="low", conditions=CONDITIONS)
    assert made["conditions"] == CONDITIONS
    assert (made["enabled"], made["emails"], made["projectId"]) == (True, [], None)
    one = f"alert-rules/{made['id']}"
    assert (await call("GET", one)).json() == made
    changed = (await call("PATCH", one, {"enabled": False, "name": "Lower"})).json()
    assert changed == made | {"enabled": False, "name": "Lower"}
    assert (await call("GET", "alert-rules?externalId=low")).json()["data"] == [changed]
    assert (await call("DELETE", one)).status_code == 204
    refused(await call("GET", one), 404, "not_found")


async def test_an_external_id_is_taken_once_also_when_much_else_changes(call: Api) -> None:
    project = await call.made("projects", name="p")
    first = await call.made("alert-rules", name="Low", externalId="low", conditions=CONDITIONS)
    second = await call.made("alert-rules", name="Other", conditions=CONDITIONS)
    wanted: dict[str, Any] = {"externalId": "low", "projectId": project["id"], "emails": []}
    for answer in (
        await call("PATCH", f"alert-rules/{second['id']}", wanted),
        await call("POST", "alert-rules", {"name": "x", "conditions": CONDITIONS, **wanted}),
    ):
        refused(answer, 409, "already_exists", "/externalId")
    assert (await call("GET", f"alert-rules/{second['id']}")).json() == second
    assert (await call("GET", "alert-rules?externalId=low")).json()["data"] == [first]


async def test_a_wrong_rule_is_refused_by_the_place_that_is_wrong(call: Api) -> None:
    wrong = {"conditions": [LOW["conditions"][0], {"kind": "score", "operator": "under", "value": 200}]}
    refused(
        await call("POST", "alert-rules", {"name": "x", "conditions": wrong}), 400, "invalid_request",
        "/conditions/conditions/1/value",
    )  # fmt: skip
    refused(await call("POST", "alert-rules", {"name": "x"}), 400, "invalid_request", "/conditions")
    unknown = {"name": "x", "conditions": LOW, "queueId": str(uuid.uuid4())}
    refused(await call("POST", "alert-rules", unknown), 400, "invalid_request", "/queueId")
    no_user = {"name": "x", "conditions": LOW, "emails": ["nobody@example.com"]}
    refused(await call("POST", "alert-rules", no_user), 400, "invalid_request", "/emails")


async def test_alerts_are_listed_narrowed_read_and_acknowledged(
    call: Api, platform: Platform, intake: Intake, caller: Caller
) -> None:
    rule = await call.made("alert-rules", name="Low", conditions=LOW)
    done = await evaluated(platform, intake, caller.org_id, external_id="crm-1")
    await evaluated(platform, intake, caller.org_id, mode="test")
    [alert] = (await call("GET", "alerts")).json()["data"]
    assert (alert["ruleId"], alert["analysisId"], alert["externalId"]) == (rule["id"], str(done), "crm-1")
    for query, number in (
        ("acknowledged=false", 1), ("acknowledged=true", 0), (f"ruleId={rule['id']}", 1),
        (f"ruleId={uuid.uuid4()}", 0), (f"analysisId={done}", 1),
    ):  # fmt: skip
        assert len((await call("GET", f"alerts?{query}")).json()["data"]) == number, query
    refused(await call("GET", "alerts?colour=red"), 400, "invalid_request")
    seen = (await call("POST", f"alerts/{alert['id']}/acknowledge")).json()
    assert seen["acknowledgedAt"]
    assert (await call("POST", f"alerts/{alert['id']}/acknowledge")).json() == seen
    assert (await call("GET", f"alerts/{alert['id']}")).json() == seen
    refused(await call("GET", f"alerts/{uuid.uuid4()}"), 404, "not_found")


async def test_a_test_key_sees_alerts_of_test_calls_and_another_organisation_none(
    call: Api, api: Any, platform: Platform, intake: Intake, caller: Caller, new_org: Any
) -> None:
    await call.made("alert-rules", name="Low", conditions=LOW)
    tried = await evaluated(platform, intake, caller.org_id, mode="test")
    done = await evaluated(platform, intake, caller.org_id)
    test = Api(api, await new_token(platform.database, caller.org_id, mode="test"))
    assert [one["analysisId"] for one in (await test("GET", "alerts")).json()["data"]] == [str(tried)]
    [alert] = (await call("GET", f"alerts?analysisId={done}")).json()["data"]
    refused(await test("GET", f"alerts/{alert['id']}"), 404, "not_found")
    other = Api(api, await new_token(platform.database, await new_org()))
    assert (await other("GET", "alerts")).json()["data"] == []
    refused(await other("POST", f"alerts/{alert['id']}/acknowledge"), 404, "not_found")
    refused(await test("POST", "alert-rules", {"name": "x", "conditions": LOW}), 403, "live_key_required")


async def test_a_rule_is_tried_before_it_is_saved(
    call: Api, platform: Platform, intake: Intake, caller: Caller
) -> None:
    done = await evaluated(platform, intake, caller.org_id)
    found = (await call("POST", "alert-rules/test", {"conditions": CONDITIONS})).json()
    assert (found["lookedAt"], found["matched"]) == (1, 1)
    assert found["data"][0]["analysisId"] == str(done)
    refused(
        await call("POST", "alert-rules/test", {"conditions": CONDITIONS, "limit": 501}),
        400,
        "invalid_request",
    )
    refused(await call("GET", "alert-rules/test"), 404, "not_found")
