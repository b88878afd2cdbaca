"""Drafts, publishing, comparing and archiving over REST; a client that knows none of it sees nothing new."""

import asyncio
import copy
import json
import uuid
from typing import Any

import httpx2
import pytest

from calltrace.db.session import Database
from calltrace.scorecards.catalogue import default_scorecard
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, new_token
from database.scorecards.factory import card

DOCUMENT: dict[str, Any] = json.loads(card().model_dump_json())


def _changed(**fields: Any) -> dict[str, Any]:
    return copy.deepcopy(DOCUMENT) | fields


async def test_who_knows_nothing_of_drafts_publishes_with_every_change(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    assert (made["status"], made["draftVersion"], made["isDefault"]) == ("published", None, False)
    path = f"scorecards/{made['id']}"
    changed = (await call("PATCH", path, {"document": _changed(passMark=50)})).json()
    assert (changed["version"], changed["status"], changed["draftVersion"]) == (2, "published", None)
    (await call("PATCH", path, {"draft": True, "name": "Drafted"})).json()
    seen = (await call("GET", path)).json()
    assert seen == changed | {"draftVersion": 3}
    third = (await call("PATCH", path, {"name": "Renewed"})).json()
    assert (third["version"], third["document"]["name"], third["document"]["passMark"]) == (4, "Renewed", 50)
    versions = (await call("GET", f"{path}/versions")).json()["data"]
    assert [(one["version"], one["status"], one["basedOn"]) for one in versions] == [
        (4, "published", None), (3, "draft", 2), (2, "published", None), (1, "published", None)
    ]  # fmt: skip


async def test_a_draft_is_written_changed_compared_and_published(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    draft = (await call("PATCH", path, {"draft": True, "document": _changed(passMark=50)})).json()
    assert (draft["version"], draft["status"], draft["draftVersion"]) == (2, "draft", 2)
    draft = (await call("PATCH", path, {"draft": True, "name": "Drafted"})).json()
    assert (draft["version"], draft["document"]["passMark"], draft["name"]) == (2, 50, "Renewals")
    difference = (await call("GET", f"{path}/versions/1/diff?with=2")).json()
    assert difference == {
        "before": 1, "after": 2,
        "scorecard": [
            {"field": "name", "before": "Renewals", "after": "Drafted"},
            {"field": "passMark", "before": 70.0, "after": 50.0},
        ],
        "sections": {"added": [], "removed": [], "changed": []},
        "criteria": {"added": [], "removed": [], "changed": []},
    }  # fmt: skip
    published = (await call("POST", f"{path}/versions/2/publish")).json()
    assert (published["version"], published["status"], published["name"]) == (2, "published", "Drafted")
    assert (await call("POST", f"{path}/versions/2/publish", {})).json() == published
    assert (await call("GET", path)).json()["document"] == published["document"]


async def test_an_outdated_draft_says_so_and_is_published_by_who_has_seen_it(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    await call("PATCH", path, {"draft": True, "name": "Mine"})
    await call("PATCH", path, {"name": "Theirs"})
    answer = await call("POST", f"{path}/versions/2/publish")
    refused(answer, 409, "draft_outdated")
    assert "version 3 is the newest" in answer.json()["detail"]
    refused(await call("POST", f"{path}/versions/2/publish", {"replaces": 1}), 409, "draft_outdated")
    published = (await call("POST", f"{path}/versions/2/publish", {"replaces": 3})).json()
    assert (published["version"], published["name"]) == (4, "Mine")
    refused(await call("POST", f"{path}/versions/2/publish"), 404, "not_found")


async def test_two_who_publish_at_once_are_both_answered(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    await call("PATCH", path, {"draft": True, "name": "Mine"})
    answers = await asyncio.gather(*(call("POST", f"{path}/versions/2/publish") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


async def test_a_draft_is_discarded(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT, draft=True)
    assert (made["version"], made["status"], made["draftVersion"]) == (1, "draft", 1)
    path = f"scorecards/{made['id']}"
    refused(await call("DELETE", f"{path}/versions/1"), 409, "only_version")
    refused(await call("POST", "queues", {"name": "q", "scorecardId": made["id"]}), 400, "invalid_request")
    await call("POST", f"{path}/versions/1/publish")
    refused(await call("DELETE", f"{path}/versions/1"), 409, "version_published")
    await call("PATCH", path, {"draft": True, "name": "x"})
    assert (await call("DELETE", f"{path}/versions/2")).status_code == 204
    refused(await call("DELETE", f"{path}/versions/2"), 404, "not_found")


async def test_an_archived_scorecard_chooses_nothing(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    queue = await call.made("queues", name="Sales", scorecardId=made["id"])
    path = f"scorecards/{made['id']}"
    refused(await call("POST", f"{path}/archive"), 409, "scorecard_in_use")
    await call("PATCH", f"queues/{queue['id']}", {"scorecardId": None})
    for _ in range(2):
        archived = (await call("POST", f"{path}/archive")).json()
        assert archived["status"] == "archived"
    refused(await call("PATCH", path, {"name": "x"}), 409, "scorecard_archived")
    assert (await call("PATCH", path, {"externalId": "e"})).status_code == 200
    again = await call("PATCH", f"queues/{queue['id']}", {"scorecardId": made["id"]})
    refused(again, 400, "invalid_request", "/scorecardId")
    refused(await call("PATCH", "organization", {"scorecardId": made["id"]}), 400, "invalid_request")
    assert (await call("GET", f"{path}/versions/1")).status_code == 200
    assert (await call("POST", f"{path}/unarchive")).json()["status"] == "published"
    assert (await call("PATCH", f"queues/{queue['id']}", {"scorecardId": made["id"]})).status_code == 200


async def test_the_organisation_has_a_default(call: Api) -> None:
    first, second = [await call.made("scorecards", document=DOCUMENT) for _ in range(2)]
    assert (await call("GET", "organization")).json()["scorecardId"] is None
    for one in (first, second):
        answer = await call("PATCH", "organization", {"scorecardId": one["id"], "vocabulary": ["Grace"]})
        assert (answer.json()["scorecardId"], answer.json()["vocabulary"]) == (one["id"], ["Grace"])
    defaults = {one["id"]: one["isDefault"] for one in (await call("GET", "scorecards")).json()["data"]}
    assert defaults == {first["id"]: False, second["id"]: True}
    refused(await call("DELETE", f"scorecards/{second['id']}"), 409, "scorecard_in_use")
    unknown = await call("PATCH", "organization", {"scorecardId": str(uuid.uuid4())})
    refused(unknown, 400, "invalid_request", "/scorecardId")
    shipped = await call("PATCH", "organization", {"scorecardId": str(default_scorecard().id)})
    assert shipped.json()["scorecardId"] is None
    assert (await call("DELETE", f"scorecards/{second['id']}")).status_code == 204


@pytest.mark.parametrize("query", ["", "?with=", "?with=0", "?with=x", "?with=1&with=1", "?with=1&x=1"])
async def test_bad_comparisons_are_400(call: Api, query: str) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    refused(await call("GET", f"scorecards/{made['id']}/versions/1/diff{query}"), 400, "invalid_request")


async def test_another_organisation_reaches_none_of_it(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg
) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    await call("PATCH", path, {"draft": True, "name": "x"})
    stranger = Api(api, await new_token(database, await new_org()))
    for method, where in (
        ("POST", f"{path}/versions/2/publish"), ("DELETE", f"{path}/versions/2"), ("POST", f"{path}/archive"),
        ("GET", f"{path}/versions/1/diff?with=2"), ("POST", f"{path}/unarchive"),
    ):  # fmt: skip
        refused(await stranger(method, where), 404, "not_found")
    refused(await stranger("PATCH", "organization", {"scorecardId": made["id"]}), 400, "invalid_request")
    assert (await call("GET", path)).json()["draftVersion"] == 2


async def test_a_test_key_reads_and_changes_nothing(
    api: httpx2.AsyncClient, caller: Caller, call: Api, database: Database
) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    tester = Api(api, await new_token(database, caller.org_id, mode="test"))
    assert (await tester("GET", f"{path}/versions/1/diff?with=1")).status_code == 200
    for where in (f"{path}/versions/1/publish", f"{path}/archive", f"{path}/unarchive"):
        refused(await tester("POST", where), 403, "live_key_required")
