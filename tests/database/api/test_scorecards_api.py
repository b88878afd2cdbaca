"""Scorecards over REST: documents in, versions that stay, and no way to pull one from under a queue."""

import asyncio
import copy
import json
import uuid
from typing import Any

import httpx2
import pytest

from calltrace.db.session import Database
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.versions import MAX_BYTES
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, count, new_token
from database.scorecards.factory import card

DOCUMENT: dict[str, Any] = json.loads(card().model_dump_json())


def _changed(**fields: Any) -> dict[str, Any]:
    return copy.deepcopy(DOCUMENT) | fields


async def test_a_document_is_stored_and_read_back(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT, externalId="crm-renewals")
    assert (made["name"], made["key"], made["version"]) == ("Renewals", "renewals", 1)
    assert made["document"] == DOCUMENT | {"id": made["id"], "version": 1}
    assert (await call("GET", f"scorecards/{made['id']}")).json() == made
    item = {name: value for name, value in made.items() if name != "document"}
    assert (await call("GET", "scorecards")).json() == {"data": [item], "nextCursor": None}
    assert (await call("GET", "scorecards?externalId=crm-renewals")).json()["data"] == [item]
    assert (await call("GET", "scorecards?name=Other")).json()["data"] == []


async def test_a_name_alone_begins_with_a_copy_of_what_ships(call: Api) -> None:
    made = await call.made("scorecards", name="Größe & Preis")
    assert (made["name"], made["key"]) == ("Größe & Preis", "grosse_preis")
    criteria = [one["key"] for section in made["document"]["sections"] for one in section["criteria"]]
    assert criteria == [one.key for one in default_scorecard().criteria]
    assert made["document"]["id"] == made["id"] != str(default_scorecard().id)


async def test_a_new_document_or_name_is_a_new_version_and_older_ones_stay(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    second = (await call("PATCH", path, {"document": _changed(passMark=50)})).json()
    assert (second["version"], second["document"]["passMark"]) == (2, 50)
    third = (await call("PATCH", path, {"name": "Renewed"})).json()
    assert (third["version"], third["name"], third["document"]["name"]) == (3, "Renewed", "Renewed")
    assert third["document"]["passMark"] == 50
    same = (await call("PATCH", path, {"name": "Renewed", "externalId": "e"})).json()
    assert same == third | {"externalId": "e"}
    first = (await call("GET", f"{path}/versions/1")).json()
    assert first["document"] == made["document"]
    listed = (await call("GET", f"{path}/versions")).json()
    assert [(one["version"], one["name"]) for one in listed["data"]] == [
        (3, "Renewed"), (2, "Renewals"), (1, "Renewals")
    ]  # fmt: skip


async def test_versions_are_paged(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    for number in range(4):
        await call("PATCH", path, {"name": f"n{number}"})
    seen, cursor = list[int](), ""
    while cursor is not None:
        page = (
            await call("GET", f"{path}/versions?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        ).json()
        seen += [one["version"] for one in page["data"]]
        cursor = page["nextCursor"]
    assert seen == [5, 4, 3, 2, 1]
    for wrong in ("cursor=x", "cursor=-1", "cursor=99999999999999999999", "colour=red", "limit=0"):
        refused(await call("GET", f"{path}/versions?{wrong}"), 400, "invalid_request")


@pytest.mark.parametrize("number", ["0", "2", "-1", "x", "1.0", "99999999999999999999", "%E2%85%A7", "1%20"])
async def test_a_version_that_does_not_exist_is_404(call: Api, number: str) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    refused(await call("GET", f"scorecards/{made['id']}/versions/{number}"), 404, "not_found")


async def test_two_changes_at_once_are_two_versions(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    changes = [call("PATCH", f"scorecards/{made['id']}", {"name": f"n{n}"}) for n in range(6)]
    answers = await asyncio.gather(*changes)
    assert sorted(answer.json()["version"] for answer in answers) == [2, 3, 4, 5, 6, 7]


CRITERION = "/document/sections/0/criteria/0"
WRONG: dict[str, tuple[list[Any], Any, str]] = {
    "points": ([0, "points"], -1, f"{CRITERION}/points"),
    "no such field": ([0, "colour"], "red", f"{CRITERION}/colour"),
    "no such kind": ([0, "check"], {"kind": "sung"}, f"{CRITERION}/check"),
    "a field of the check is missing": ([0, "check"], {"kind": "said"}, f"{CRITERION}/check/cues"),
    "a pattern": (
        [0, "check"], {"kind": "said", "cues": [{"patterns": ["((("]}]},
        f"{CRITERION}/check/cues/0/patterns/0",
    ),
    "an act": ([0, "check"], {"kind": "said", "cues": [{"acts": ["dance"]}]}, f"{CRITERION}/check/cues/0"),
}  # fmt: skip


@pytest.mark.parametrize(("place", "value", "pointer"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_with_a_document_is_named(
    call: Api, caller: Caller, database: Database, place: list[Any], value: Any, pointer: str
) -> None:
    document = _changed()
    document["sections"][0]["criteria"][place[0]][place[1]] = value
    refused(await call("POST", "scorecards", {"document": document}), 400, "invalid_request", pointer)
    assert await count(database, "scorecards", caller.org_id) == 0
    made = await call.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    refused(await call("PATCH", path, {"document": document}), 400, "invalid_request", pointer)
    assert (await call("GET", path)).json() == made


BAD_BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "/document"),
    "only an external id": ({"externalId": "e"}, "/document"),
    "a document that is no object": ({"document": "yaml"}, "/document"),
    "no sections": ({"document": {"key": "a", "name": "A"}}, "/document/sections"),
    "an empty name": ({"name": ""}, "/name"),
    "a long name": ({"name": "x" * 121}, "/name"),
    "two keys alike": (
        {"document": _changed(sections=DOCUMENT["sections"] * 2)}, "/document"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "field"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_bad_fields_are_400_and_named(call: Api, body: dict[str, Any], field: str) -> None:
    refused(await call("POST", "scorecards", body), 400, "invalid_request", field)


@pytest.mark.parametrize("field", ["name", "document"])
async def test_null_changes_nothing_and_is_refused(call: Api, field: str) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    refused(
        await call("PATCH", f"scorecards/{made['id']}", {field: None}), 400, "invalid_request", f"/{field}"
    )


async def test_a_document_that_grows_too_big_is_refused(call: Api) -> None:
    check = {"kind": "measure", "metric": "duration_seconds", "minimum": 1}
    one = {"name": "n", "points": 1, "check": check, "advice": "x" * 90}
    sections = [
        {"name": "s", "criteria": [one | {"key": f"k{s}_{c}"} for c in range(100)]} for s in range(45)
    ]
    document = _changed(sections=sections)
    assert len(json.dumps({"document": document})) < MAX_BYTES
    refused(await call("POST", "scorecards", {"document": document}), 400, "invalid_request", "/document")


@pytest.mark.accepts("CT-046")
async def test_a_scorecard_in_use_is_not_deleted_until_its_queues_let_go(call: Api) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    queue = await call.made("queues", name="Sales", scorecardId=made["id"])
    path = f"scorecards/{made['id']}"
    answer = await call("DELETE", path)
    refused(answer, 409, "scorecard_in_use")
    assert "Sales" in answer.json()["detail"]
    assert (await call("GET", path)).status_code == 200
    await call("PATCH", f"queues/{queue['id']}", {"scorecardId": None})
    assert (await call("DELETE", path)).status_code == 204
    for method, where in (("GET", path), ("DELETE", path), ("GET", f"{path}/versions")):
        refused(await call(method, where), 404, "not_found")
    answer = await call("PATCH", f"queues/{queue['id']}", {"scorecardId": made["id"]})
    refused(answer, 400, "invalid_request", "/scorecardId")


async def test_a_queue_and_a_deletion_at_once_never_leave_a_queue_without_its_scorecard(call: Api) -> None:
    for _ in range(6):
        made = await call.made("scorecards", document=DOCUMENT)
        queue, deletion = await asyncio.gather(
            call("POST", "queues", {"name": "q", "scorecardId": made["id"]}),
            call("DELETE", f"scorecards/{made['id']}"),
        )
        assert (queue.status_code, deletion.status_code) in {(201, 409), (400, 204)}


async def test_another_organisation_neither_sees_nor_changes_them(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg
) -> None:
    made = await call.made("scorecards", document=DOCUMENT)
    stranger = Api(api, await new_token(database, await new_org()))
    path = f"scorecards/{made['id']}"
    for method, where, body in (
        ("GET", path, None), ("PATCH", path, {"name": "theirs"}), ("DELETE", path, None),
        ("GET", f"{path}/versions", None), ("GET", f"{path}/versions/1", None),
    ):  # fmt: skip
        refused(await stranger(method, where, body), 404, "not_found")
    assert (await stranger("GET", "scorecards")).json()["data"] == []
    assert (await call("GET", path)).json() == made


async def test_each_operation_needs_its_scope(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    reader = Api(api, await new_token(database, org, ("catalog:read",)))
    writer = Api(api, await new_token(database, org, ("catalog:write",)))
    made = await writer.made("scorecards", document=DOCUMENT)
    path = f"scorecards/{made['id']}"
    for who, method, where in (
        (reader, "POST", "scorecards"), (reader, "PATCH", path), (reader, "DELETE", path),
        (writer, "GET", "scorecards"), (writer, "GET", path),
        (writer, "GET", f"{path}/versions"), (writer, "GET", f"{path}/versions/1"),
    ):  # fmt: skip
        body = {"name": "x"} if method in {"POST", "PATCH"} else None
        refused(await who(method, where, body), 403, "insufficient_scope")


async def test_the_documents_references_point_to_something(api: httpx2.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()

    def references(value: Any) -> list[str]:
        if isinstance(value, list):
            return [one for item in value for one in references(item)]  # pyright: ignore[reportUnknownVariableType] - JSON
        if isinstance(value, dict):
            mine = [value["$ref"]] if isinstance(value.get("$ref"), str) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
            return mine + [one for item in value.values() for one in references(item)]  # pyright: ignore[reportUnknownVariableType] - JSON
        return []

    schemas = document["components"]["schemas"]
    found = set(references(document))
    assert found
    assert {one.removeprefix("#/components/schemas/") for one in found} <= schemas.keys()
