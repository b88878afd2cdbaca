"""What calls are sorted by, over REST: one contract for all kinds, and what each refuses."""

import asyncio
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import keys
from calltrace.db.session import Database
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, count, new_token

URL = "https://127.0.0.1/call.mp3"
FIELDS = {
    "agents": "agentId",
    "queues": "queueId",
    "projects": "projectId",
    "call-centers": "callCenterId",
    "engagements": "engagementId",
}
"""Kinds, and how a submission calls what it names of them."""
KINDS = pytest.mark.parametrize("kind", FIELDS)


def _lasting(document: dict[str, Any]) -> dict[str, Any]:
    """All but when it was changed last."""
    return {name: value for name, value in document.items() if name != "updatedAt"}


@KINDS
@pytest.mark.accepts("CT-045", "CT-046")
async def test_what_is_made_is_found_listed_changed_and_deleted(call: Api, kind: str) -> None:
    answer = await call("POST", kind, {"name": "Jane Smith", "externalId": "hr-1"})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/{kind}/{made['id']}"
    assert {"id", "name", "externalId", "createdAt"} <= made.keys()
    path = f"{kind}/{made['id']}"
    assert (await call("GET", path)).json() == made
    assert (await call("GET", kind)).json() == {"data": [made], "nextCursor": None}
    changed = await call("PATCH", path, {"name": "Jane Doe"})
    assert (changed.status_code, _lasting(changed.json())) == (200, _lasting(made) | {"name": "Jane Doe"})
    cleared = (await call("PATCH", path, {"externalId": None})).json()
    assert _lasting(cleared) == _lasting(made) | {"name": "Jane Doe", "externalId": None}
    assert (await call("PATCH", path, {})).json() == cleared
    gone = await call("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        refused(await call(method, path, body), 404, "not_found")


@pytest.mark.parametrize("kind", ["projects", "queues"])
async def test_projects_and_queues_are_put_away_and_taken_out_again(call: Api, kind: str) -> None:
    made = await call.made(kind, name="Spring")
    assert made["archivedAt"] is None
    path = f"{kind}/{made['id']}"
    away = (await call("PATCH", path, {"archived": True})).json()
    assert away["archivedAt"] is not None
    again = (await call("PATCH", path, {"archived": True, "name": "Spring"})).json()
    assert again["archivedAt"] == away["archivedAt"], "once is enough"
    assert [one["id"] for one in (await call("GET", kind)).json()["data"]] == [made["id"]], "it is kept"
    back = (await call("PATCH", path, {"archived": False})).json()
    assert _lasting(back) == _lasting(made)
    refused(await call("PATCH", path, {"archived": None}), 400, "invalid_request", "/archived")


async def test_a_campaign_does_not_end_before_it_starts(call: Api) -> None:
    wrong = {"startDate": "2026-02-02", "endDate": "2026-02-01"}
    refused(await call("POST", "queues", {"name": "x"} | wrong), 400, "ends_before_start", "/endDate")
    made = await call.made("queues", name="x", startDate="2026-02-02", endDate="2026-02-02")
    path = f"queues/{made['id']}"
    for change in ({"endDate": "2026-02-01"}, {"startDate": "2026-02-03"}):
        refused(await call("PATCH", path, change), 400, "ends_before_start", "/endDate")
    assert (await call("PATCH", path, {"startDate": "2026-02-03", "endDate": None})).status_code == 200


BAD_BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({}, "/name"),
    "null name": ({"name": None}, "/name"),
    "empty name": ({"name": ""}, "/name"),
    "blank name": ({"name": " \t"}, "/name"),
    "long name": ({"name": "x" * 201}, "/name"),
    "number": ({"name": 7}, "/name"),
    "empty external id": ({"name": "x", "externalId": ""}, "/externalId"),
    "long external id": ({"name": "x", "externalId": "x" * 256}, "/externalId"),
}


@KINDS
@pytest.mark.parametrize(("body", "field"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_bad_fields_are_400_and_named(
    call: Api, caller: Caller, database: Database, kind: str, body: dict[str, Any], field: str
) -> None:
    refused(await call("POST", kind, body), 400, "invalid_request", field)
    assert await count(database, kind.replace("-", "_"), caller.org_id) == 0
    if body:
        made = await call.made(kind, name="x")
        refused(await call("PATCH", f"{kind}/{made['id']}", body), 400, "invalid_request", field)
        assert (await call("GET", f"{kind}/{made['id']}")).json() == made


@KINDS
@pytest.mark.parametrize("query", ["colour=red", "name=a&name=b", "limit=0", "cursor=zzz", "name=%00"])
async def test_bad_list_parameters_are_400(call: Api, kind: str, query: str) -> None:
    refused(await call("GET", f"{kind}?{query}"), 400, "invalid_request", "/" + query.partition("=")[0])


@KINDS
async def test_an_external_id_is_taken_once_per_organisation(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg, kind: str
) -> None:
    answers = await asyncio.gather(*(call("POST", kind, {"name": "x", "externalId": "e"}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    other = await call.made(kind, name="other")
    for answer in (
        await call("POST", kind, {"name": "y", "externalId": "e"}),
        await call("PATCH", f"{kind}/{other['id']}", {"externalId": "e"}),
    ):
        refused(answer, 409, "already_exists", "/externalId")
    assert (await call("GET", f"{kind}/{other['id']}")).json() == other
    stranger = Api(api, await new_token(database, await new_org()))
    assert (await stranger.made(kind, name="x", externalId="e"))["externalId"] == "e"


@KINDS
async def test_lists_are_filtered_and_paged_newest_first(call: Api, kind: str) -> None:
    made = [await call.made(kind, name=f"n{n % 2}", externalId=f"e{n}") for n in range(5)]
    ids = [one["id"] for one in made][::-1]
    seen, cursor = list[str](), ""
    while cursor is not None:
        page = (await call("GET", f"{kind}?limit=2&cursor={cursor}" if cursor else f"{kind}?limit=2")).json()
        assert len(page["data"]) <= 2
        seen += [one["id"] for one in page["data"]]
        cursor = page["nextCursor"]
    assert seen == ids
    assert [one["id"] for one in (await call("GET", f"{kind}?externalId=e3")).json()["data"]] == [ids[1]]
    assert len((await call("GET", f"{kind}?name=n1")).json()["data"]) == 2
    assert (await call("GET", f"{kind}?name=n1&externalId=e0")).json()["data"] == []


@KINDS
async def test_another_organisation_neither_sees_nor_changes_them(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg, kind: str
) -> None:
    made = await call.made(kind, name="ours")
    stranger = Api(api, await new_token(database, await new_org()))
    for method, body in (("GET", None), ("PATCH", {"name": "theirs"}), ("DELETE", None)):
        refused(await stranger(method, f"{kind}/{made['id']}", body), 404, "not_found")
    assert (await stranger("GET", kind)).json()["data"] == []
    assert (await call("GET", f"{kind}/{made['id']}")).json() == made


@KINDS
async def test_each_operation_needs_its_scope(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID, kind: str
) -> None:
    reader = Api(api, await new_token(database, org, ("catalog:read",)))
    writer = Api(api, await new_token(database, org, ("catalog:write",)))
    made = await writer.made(kind, name="x")
    path = f"{kind}/{made['id']}"
    for who, method, where in (
        (reader, "POST", kind), (reader, "PATCH", path), (reader, "DELETE", path),
        (writer, "GET", kind), (writer, "GET", path),
    ):  # fmt: skip
        body = {"name": "x"} if method in {"POST", "PATCH"} else None
        refused(await who(method, where, body), 403, "insufficient_scope")
    assert (await reader("GET", path)).json() == made


@KINDS
async def test_a_test_key_reads_the_catalogue_and_does_not_change_it(
    call: Api, api: httpx2.AsyncClient, database: Database, caller: Caller, kind: str
) -> None:
    made = await call.made(kind, name="live")
    async with database.tenant(caller.org_id) as session:
        _key, token = await keys.create(session, caller.org_id, name="t", mode="test")
    tester = Api(api, token)
    assert (await tester("GET", f"{kind}/{made['id']}")).json() == made
    for method, where in (("POST", kind), ("PATCH", f"{kind}/{made['id']}")):
        refused(await tester(method, where, {"name": "x"}), 403, "live_key_required")
    refused(await tester("DELETE", f"{kind}/{made['id']}"), 403, "live_key_required")
    field = FIELDS[kind]
    assert (await tester("POST", "analyses", {"fileUrl": URL, field: made["id"]})).status_code == 202


@KINDS
@pytest.mark.accepts("CT-103", "CT-104")
async def test_analyses_are_found_by_it_and_outlive_it(call: Api, kind: str) -> None:
    field = FIELDS[kind]
    made, other = await call.made(kind, name="x"), await call.made(kind, name="y")
    mine = (await call("POST", "analyses", {"fileUrl": URL, field: made["id"]})).json()["analysisId"]
    await call("POST", "analyses", {"fileUrl": URL, field: other["id"]})
    await call("POST", "analyses", {"fileUrl": URL})
    found = (await call("GET", f"analyses?{field}={made['id']}")).json()["data"]
    assert [(one["analysisId"], one["call"][field]) for one in found] == [(mine, made["id"])]
    assert (await call("DELETE", f"{kind}/{made['id']}")).status_code == 204
    assert (await call("GET", f"analyses/{mine}")).json()["call"][field] is None
    assert (await call("GET", f"analyses?{field}={made['id']}")).json()["data"] == []


@KINDS
@pytest.mark.accepts("CT-045", "CT-046")
async def test_an_unknown_or_foreign_id_in_a_submission_is_400_and_named(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg, kind: str
) -> None:
    field = FIELDS[kind]
    stranger = Api(api, await new_token(database, await new_org()))
    foreign = await stranger.made(kind, name="theirs")
    for wrong in (foreign["id"], str(uuid.uuid4()), "nobody", 7):
        answer = await call("POST", "analyses", {"fileUrl": URL, field: wrong})
        refused(answer, 400, "invalid_request", f"/{field}")
    theirs = (await stranger("POST", "analyses", {"fileUrl": URL, field: foreign["id"]})).json()
    assert (await call("GET", f"analyses/{theirs['analysisId']}")).status_code == 404


async def test_a_queue_takes_only_scorecards_of_its_organisation(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg
) -> None:
    stranger = Api(api, await new_token(database, await new_org()))
    foreign = await stranger.made("scorecards", name="theirs")
    ours = await call.made("scorecards", name="ours")
    queue = await call.made("queues", name="Sales", scorecardId=ours["id"])
    for wrong in (foreign["id"], str(uuid.uuid4()), "nothing"):
        for answer in (
            await call("POST", "queues", {"name": "x", "scorecardId": wrong}),
            await call("PATCH", f"queues/{queue['id']}", {"scorecardId": wrong}),
        ):
            refused(answer, 400, "invalid_request", "/scorecardId")
    assert (await call("GET", f"queues/{queue['id']}")).json() == queue
    cleared = (await call("PATCH", f"queues/{queue['id']}", {"scorecardId": None})).json()
    assert _lasting(cleared) == _lasting(queue) | {"scorecardId": None}


async def test_a_call_is_taken_where_its_queue_is_else_where_its_agent_works(call: Api) -> None:
    here, there, elsewhere = [await call.made("call-centers", name=name) for name in ("a", "b", "c")]
    queue = await call.made("queues", name="q", callCenterId=here["id"])
    agent = await call.made("agents", name="a", callCenterId=there["id"])
    plain = await call.made("queues", name="p")
    for said, place in (
        ({"queueId": queue["id"], "agentId": agent["id"]}, here),
        ({"queueId": plain["id"], "agentId": agent["id"]}, there),
        ({"queueId": queue["id"], "callCenterId": elsewhere["id"]}, elsewhere),
    ):
        made = (await call("POST", "analyses", {"fileUrl": URL, **said})).json()["analysisId"]
        assert (await call("GET", f"analyses/{made}")).json()["call"]["callCenterId"] == place["id"]


@pytest.mark.parametrize("kind", ["agents", "queues"])
async def test_another_organisations_call_centre_cannot_be_named(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg, kind: str
) -> None:
    stranger = Api(api, await new_token(database, await new_org()))
    foreign = await stranger.made("call-centers", name="theirs")
    ours = await call.made(kind, name="ours")
    for wrong in (foreign["id"], str(uuid.uuid4()), "nowhere"):
        body = {"name": "x", "callCenterId": wrong}
        refused(await call("POST", kind, body), 400, "invalid_request", "/callCenterId")
        refused(await call("PATCH", f"{kind}/{ours['id']}", body), 400, "invalid_request", "/callCenterId")
    assert (await call("GET", f"{kind}/{ours['id']}")).json() == ours


async def test_a_queue_can_stand_for_a_campaign(call: Api) -> None:
    campaign = {
        "description": "Calls before the contract ends", "type": "outbound", "status": "paused",
        "startDate": "2026-01-01", "endDate": "2026-06-30",
    }  # fmt: skip
    made = await call.made("queues", name="Renewals", **campaign)
    assert campaign.items() <= made.items()
    for wrong in ({"status": "dead"}, {"startDate": "soon"}, {"type": ""}, {"description": "x" * 2001}):
        [field] = wrong
        refused(await call("POST", "queues", {"name": "x", **wrong}), 400, "invalid_request", f"/{field}")
    ended = (await call("PATCH", f"queues/{made['id']}", {"status": "completed", "endDate": None})).json()
    assert (ended["status"], ended["endDate"], ended["startDate"]) == ("completed", None, "2026-01-01")
    assert ended["updatedAt"] > made["updatedAt"]


async def test_a_submission_may_say_whom_and_when(call: Api) -> None:
    said = {"contactId": "cust-42", "calledAt": "2026-03-01T11:00:00+01:00", "aiCall": True}
    made = (await call("POST", "analyses", {"fileUrl": URL, **said})).json()["analysisId"]
    shown = (await call("GET", f"analyses/{made}")).json()
    assert shown["call"]["contactId"] == "cust-42"
    assert shown["call"]["calledAt"] == "2026-03-01T10:00:00.000Z"
    assert shown["call"]["aiCall"] is True
    silent = (await call("POST", "analyses", {"fileUrl": URL})).json()["analysisId"]
    other = (await call("GET", f"analyses/{silent}")).json()
    assert other["call"]["calledAt"] == other["createdAt"]
    found = (await call("GET", "analyses?contactId=cust-42")).json()["data"]
    assert [one["analysisId"] for one in found] == [made]
    for wrong in (
        {"calledAt": "yesterday"},
        {"calledAt": "2026-03-01T10:00:00"},
        {"calledAt": "9999-12-31T23:59:59Z"},
        {"calledAt": "0001-01-01T00:00:00Z"},
        {"contactId": ""},
    ):
        [field] = wrong
        refused(
            await call("POST", "analyses", {"fileUrl": URL, **wrong}), 400, "invalid_request", f"/{field}"
        )


async def test_every_deed_is_in_the_audit_trail_without_names(
    call: Api, caller: Caller, database: Database
) -> None:
    card = await call.made("scorecards", name="c")
    queue = await call.made("queues", name="Secret Project")
    path = f"queues/{queue['id']}"
    await call("PATCH", path, {"scorecardId": card["id"]})
    await call("PATCH", path, {"scorecardId": card["id"]})  # nothing changed
    await call("PATCH", path, {"externalId": "e", "scorecardId": None})
    answer = await call("DELETE", path)
    query = "SELECT action, details, actor_kind, actor, request_id FROM audit_entries"
    async with database.tenant(caller.org_id) as session:
        order = " WHERE target_id = :id ORDER BY created_at"
        found: Any = (await session.execute(text(query + order), {"id": queue["id"]})).all()
    assert [(one.action, one.details) for one in found] == [
        ("queue.created", {"fields": ["name"]}),
        ("queue.updated", {"fields": ["scorecardId"], "scorecardId": card["id"]}),
        ("queue.updated", {"fields": ["externalId", "scorecardId"], "scorecardId": None}),
        ("queue.deleted", {}),
    ]
    assert {(one.actor_kind, one.actor) for one in found} == {("api_key", caller.token[:12])}
    assert found[-1].request_id == answer.headers["x-request-id"]


async def test_a_change_that_races_a_deletion_is_404_and_nothing_worse(call: Api) -> None:
    for _ in range(5):
        made = await call.made("agents", name="x")
        path = f"agents/{made['id']}"
        changes = [call("PATCH", path, {"name": f"n{n}"}) for n in range(4)]
        answers = await asyncio.gather(*changes, call("DELETE", path), call("DELETE", path))
        assert {answer.status_code for answer in answers} <= {200, 204, 404}
        assert [answer.status_code for answer in answers[4:]].count(204) == 1
