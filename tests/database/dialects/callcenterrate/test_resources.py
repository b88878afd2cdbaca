"""The six endpoints: envelopes, fields, filters, other organisations (acceptance CR-010 to CR-026)."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle, read
from calltrace.analyses.document import ErrorDocument, ProcessingDocument
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.catalog import service as catalog
from calltrace.catalog.service import PROJECTS
from calltrace.db.session import Database
from calltrace.dialects.callcenterrate import ids
from calltrace.dialects.callcenterrate import wire as ccr_wire
from calltrace.dialects.callcov import wire as callcov_wire
from calltrace.evaluation.results import CriterionResult, Evidence
from calltrace.kit.clock import iso
from calltrace.pipeline.context import Platform
from calltrace.webhooks.wire import Place
from database.analyses import factory
from database.analyses.factory import TRANSCRIPT, claimed, completed, heard, submitted
from database.conftest import NewOrg
from database.dialects.callcenterrate.conftest import Ccr, error, new_ccr_token

AUDIO = [
    "id", "projectId", "originalName", "size", "source", "status", "errorMessage", "createdAt", "processedAt",
    "analysisId",
]  # fmt: skip
ANALYSIS = ["id", "projectId", "audioId", "overallScore", "language", "durationSeconds", "createdAt"]
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ERROR = ErrorDocument(code="unsupported_media", message="No audio.", stage="decoding", retryable=False)


async def new_project(database: Database, org: uuid.UUID, name: str = "Renewals") -> uuid.UUID:
    async with database.tenant(org) as session:
        values = {"name": name, "description": "Of the year."}
        return (await catalog.create(session, org, OPERATOR, PROJECTS, values)).id


@pytest.mark.accepts("CR-010", "CR-011", "CR-021", "CR-025")
async def test_projects_are_listed_newest_first_and_read(
    ccr: Ccr, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    first = await new_project(platform.database, org, "First")
    second = await new_project(platform.database, org, "Second")
    await submitted(intake, org, project_id=first)
    await submitted(intake, org, project_id=first, mode="test")
    page = await ccr.data("projects")
    assert page["pagination"] == {"page": 1, "limit": 50, "total": 2}
    assert [one["name"] for one in page["data"]] == ["Second", "First"]
    assert [one["audioCount"] for one in page["data"]] == [0, 1]
    one = await ccr.data(f"projects/{ids.encode('project', second)}")
    assert one == page["data"][0]
    assert list(one) == ["id", "name", "description", "createdAt", "audioCount"]


@pytest.mark.accepts("CR-012", "CR-013", "CR-022", "CR-023")
async def test_an_audio_in_each_of_its_states(
    ccr: Ccr, platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    project = await new_project(platform.database, org)
    url = "https://127.0.0.1/calls/call%20001.mp3?token=secret"
    pending = await submitted(intake, org, file_url=url, project_id=project)
    processing = await submitted(intake, org)
    await claimed(intake, org, processing)
    failed = await claimed(intake, org, await submitted(intake, org))
    async with platform.database.tenant(org) as session:
        await lifecycle.fail(session, failed, ERROR, platform.links)
    done = await completed(platform, intake, org, tmp_path, file_name="call_001.mp3", project_id=project)
    shown = {}
    for state, row in {"PENDING": pending, "PROCESSING": processing, "FAILED": failed.analysis_id}.items():
        listed = (await ccr.data("audios", status=state))["data"]
        assert [one["id"] for one in listed] == [ids.encode("audio", row)]
        shown[state] = listed[0]
    one = await ccr.data(f"audios/{ids.encode('audio', done)}")
    assert (await ccr.data("audios", status="DONE"))["data"] == [one]
    assert list(one) == AUDIO
    assert (one["size"], one["source"], one["originalName"]) == (5, "URL", "call_001.mp3")
    assert one["analysisId"] == ids.encode("analysis", done) != one["id"]
    assert one["projectId"] == ids.encode("project", project)
    assert one["processedAt"] >= one["createdAt"]
    assert shown["PENDING"]["originalName"] == "call 001.mp3"
    assert [shown["FAILED"][name] for name in ("errorMessage", "analysisId")] == ["No audio.", None]
    assert [shown["PROCESSING"][name] for name in ("size", "processedAt", "projectId")] == [None] * 3
    mine = await ccr.data("audios", projectId=one["projectId"])
    assert [found["id"] for found in mine["data"]] == [one["id"], ids.encode("audio", pending)]
    both = await ccr.data("audios", projectId=one["projectId"], status="DONE")
    assert both["pagination"]["total"] == 1


@pytest.mark.accepts("CR-014", "CR-015", "CR-017")
async def test_an_analysis_with_all_that_was_found_and_nothing_of_the_engine(
    ccr: Ccr, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    project = await new_project(platform.database, org)
    claim = await claimed(intake, org, await submitted(intake, org, project_id=project))
    await heard(platform, claim)
    proof = Evidence(segment_id="s1", start=0.5, end=2.0, quote="Good morning.")
    line = CriterionResult(
        key="greeting", name="Greeting", score=8, max_score=10, verdict="partly_met", confidence=0.8,
        method="rule", reason="Greeted late.", evidence=[proof],
    )  # fmt: skip
    found = factory.EVALUATION.model_copy(
        update={"score": 78.5, "criteria": [line], "recommendations": ["Greet."]}
    )
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, found, ProcessingDocument(), platform.links)
    page = await ccr.data("analyses")
    assert page["pagination"] == {"page": 1, "limit": 50, "total": 1}
    item = page["data"][0]
    assert list(item) == ANALYSIS
    assert (item["overallScore"], item["language"], item["durationSeconds"]) == (78.5, "en", 12.5)
    whole = await ccr.data(f"analyses/{item['id']}")
    assert list(whole) == [*ANALYSIS, "summary", "criteria", "recommendations", "transcript"]
    assert {name: whole[name] for name in ANALYSIS} == item
    assert whole["criteria"] == [
        {
            "name": "Greeting", "score": 8.0, "maxScore": 10.0, "verdict": "partly_met",
            "comment": "Greeted late.", "evidence": [{"quote": "Good morning.", "start": 0.5, "end": 2.0}],
        }
    ]  # fmt: skip
    assert whole["recommendations"] == ["Greet."]
    assert whole["transcript"] == {
        "language": "en",
        "segments": [{"speaker": "agent", "start": 0.5, "end": 2.0, "text": "Good morning."}],
    }
    audio = await ccr.data(f"audios/{item['audioId']}")
    assert audio["analysisId"] == item["id"]


@pytest.mark.accepts("CR-014")
async def test_what_is_not_complete_is_no_analysis(ccr: Ccr, intake: Intake, org: uuid.UUID) -> None:
    pending = await submitted(intake, org)
    assert (await ccr.data("analyses"))["data"] == []
    assert error(await ccr(f"analyses/{ids.encode('analysis', pending)}"))[:2] == (404, "not_found")


@pytest.mark.accepts("CR-020", "CR-021")
async def test_pages_have_no_gaps_and_no_overlap(
    ccr: Ccr, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    made = [ids.encode("audio", await completed(platform, intake, org)) for _ in range(5)]
    for path, key in (("audios", "id"), ("analyses", "audioId")):
        pages = [await ccr.data(path, page=number, limit=2) for number in (1, 2, 3, 4)]
        assert [one[key] for page in pages for one in page["data"]] == made[::-1]
        assert [len(page["data"]) for page in pages] == [2, 2, 1, 0]
        assert [page["pagination"] for page in pages] == [
            {"page": number, "limit": 2, "total": 5} for number in (1, 2, 3, 4)
        ]


@pytest.mark.accepts("CR-026")
async def test_both_bounds_are_included_to_the_millisecond_that_is_shown(
    ccr: Ccr, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    done = await completed(platform, intake, org)
    moment = datetime(2026, 5, 10, 14, 32, 11, 123_456, tzinfo=UTC)
    async with platform.database.tenant(org) as session:
        change = "UPDATE analyses SET completed_at = :at, created_at = :shown WHERE id = :id"
        await session.execute(
            text(change), {"at": moment, "shown": moment.replace(microsecond=123_000), "id": done}
        )
    shown, a_ms = iso(moment), timedelta(milliseconds=1)
    for path in ("audios", "analyses"):
        assert (await ccr.data(path))["data"][0]["createdAt"] == shown
        for bounds, total in (
            ({"from": shown, "to": shown}, 1),
            ({"from": "2026-05-10T16:32:11.123+02:00"}, 1),
            ({"from": "2026-05-10", "to": "2026-05-11"}, 1),
            ({"from": "2026-05-10", "to": "9999-12-31T23:59:59.9999Z"}, 1),
            ({"from": iso(moment + a_ms)}, 0),
            ({"to": iso(moment - a_ms)}, 0),
            ({"to": "2026-05-10"}, 0),
        ):
            assert (await ccr.data(path, **bounds))["pagination"]["total"] == total, (path, bounds)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("audios", {"limit": 0}, "limit"),
    ("audios", {"limit": 101}, "limit"),
    ("analyses", {"limit": "many"}, "limit"),
    ("projects", {"limit": "9" * 30}, "limit"),
    ("projects", {"page": 0}, "page"),
    ("projects", {"page": -1}, "page"),
    ("audios", {"page": 10**18}, "page"),
    ("audios", {"page": [1, 2]}, "page"),
    ("audios", {"status": "done"}, "status"),
    ("audios", {"status": ""}, "status"),
    ("audios", {"projectId": "ckyyy..."}, "projectId"),
    ("analyses", {"projectId": str(uuid.uuid4())}, "projectId"),
    ("analyses", {"from": "yesterday"}, "from"),
    ("analyses", {"from": "2026-05-10T14:32:11"}, "from"),
    ("audios", {"to": "2026-13-01"}, "to"),
    ("audios", {"to": "1778423531"}, "to"),
    ("audios", {"to": "9999-12-31T23:59:59-10:00"}, "to"),
    ("analyses", {"from": "2026-05-11", "to": "2026-05-10"}, "from"),
    ("analyses", {"status": "DONE"}, "status"),
    ("projects", {"projectId": "ck" + "0" * 23}, "projectId"),
]


@pytest.mark.accepts("CR-054", "CR-020")
@pytest.mark.parametrize(("path", "params", "field"), WRONG)
async def test_a_bad_parameter_is_refused_by_name(
    ccr: Ccr, path: str, params: dict[str, Any], field: str
) -> None:
    status, code, message = error(await ccr(path, **params))
    assert (status, code) == (400, "validation_error")
    assert message.startswith(f"{field}: ")


async def test_what_no_list_knows_is_passed_over(ccr: Ccr) -> None:
    assert (await ccr.data("audios", _=1, sort="asc"))["data"] == []


@pytest.mark.accepts("CR-018", "CR-053")
async def test_what_another_organisation_has_is_not_there(
    ccr: Ccr, platform: Platform, intake: Intake, new_org: NewOrg
) -> None:
    other = await new_org()
    project = await new_project(platform.database, other)
    done = await completed(platform, intake, other, project_id=project)
    theirs = Ccr(ccr.client, await new_ccr_token(platform.database, other))
    for path, kind, row in (
        ("projects", "project", project), ("audios", "audio", done), ("analyses", "analysis", done),
    ):  # fmt: skip
        name = ids.encode(kind, row)  # type: ignore[arg-type] - a table of kinds
        assert (await theirs.data(path))["pagination"]["total"] == 1
        assert (await theirs.data(f"{path}/{name}"))["id"] == name
        assert (await ccr.data(path))["pagination"]["total"] == 0
        unknown = await ccr(f"{path}/ck{'0' * 23}")
        assert error(await ccr(f"{path}/{name}")) == error(unknown)
        assert error(unknown)[:2] == (404, "not_found")
    named = {"projectId": ids.encode("project", project)}
    assert (await ccr.data("audios", **named))["data"] == []
    assert (await ccr.data("analyses", **named))["data"] == []


@pytest.mark.accepts("CR-018")
async def test_the_database_itself_hides_it(
    platform: Platform, intake: Intake, org: uuid.UUID, new_org: NewOrg
) -> None:
    done = await completed(platform, intake, await new_org())
    async with platform.database.tenant(org) as session:
        assert await session.scalar(text("SELECT count(*) FROM analyses WHERE id = :id"), {"id": done}) == 0


@pytest.mark.accepts("CR-018", "CR-024")
async def test_an_id_of_one_kind_or_of_a_test_call_names_nothing_else(
    ccr: Ccr, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    done = await completed(platform, intake, org)
    tried = await completed(platform, intake, org, mode="test")
    for path in (
        f"audios/{ids.encode('analysis', done)}", f"analyses/{ids.encode('audio', done)}",
        f"projects/{ids.encode('audio', done)}", f"audios/{done}", "audios/%00", "audios/ckxxx...",
        f"audios/{ids.encode('audio', tried)}", f"analyses/{ids.encode('analysis', tried)}",
    ):  # fmt: skip
        assert error(await ccr(path))[:2] == (404, "not_found"), path
    assert (await ccr.data("audios"))["pagination"]["total"] == 1


@pytest.mark.accepts("CR-016", "CR-050")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_written(ccr: Ccr, method: str) -> None:
    for path in ("projects", "audios", "analyses", f"projects/ck{'0' * 23}"):
        answer = await ccr(path, method)
        assert error(answer)[:2] == (405, "method_not_allowed")
        assert answer.headers["allow"] == "GET"


@pytest.mark.accepts("CR-050")
async def test_unknown_paths_are_answered_in_the_shape_of_the_contract(ccr: Ccr) -> None:
    for path in (
        "",
        "/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/projects/",
        "/api/v1/nothing",
        "/docs",
        "/health",
    ):
        answer = await ccr.client.get(f"/callcenterrate{path}")
        assert error(answer)[:2] == (404, "not_found"), path
        assert answer.headers["x-request-id"]


async def test_the_contract_has_a_document_of_its_own_with_its_operations_only(ccr: Ccr) -> None:
    document = (await ccr.client.get("/callcenterrate/openapi.json")).json()
    operations = {(path, *verbs) for path, verbs in document["paths"].items()}
    assert operations == {
        (f"/api/v1/{path}", "get")
        for path in ("projects", "projects/{id}", "audios", "audios/{id}", "analyses", "analyses/{id}")
    }
    for verbs in document["paths"].values():
        assert "422" not in verbs["get"]["responses"]


async def test_a_host_of_its_own_serves_the_paths_without_the_prefix(ccr: Ccr) -> None:
    headers = {"Authorization": f"Bearer {ccr.token}", "Host": "ccr.calls.test"}
    answer = await ccr.client.get("/api/v1/projects", headers=headers)
    assert answer.json()["pagination"]["total"] == 0


async def test_a_chat_is_no_audio_file(ccr: Ccr, platform: Platform, intake: Intake, org: uuid.UUID) -> None:
    project = await new_project(platform.database, org)
    chat = await completed(platform, intake, org, project_id=project)
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE analyses SET medium = 'text', file_url = NULL"))
    assert [(await ccr.data(path))["data"] for path in ("audios", "analyses")] == [[], []]
    assert [one["audioCount"] for one in (await ccr.data("projects"))["data"]] == [0]
    assert (await ccr(f"audios/{ids.encode('audio', chat)}")).status_code == 404
    async with platform.database.tenant(org) as session:
        event = read.event(await session.get_one(Analysis, chat), "analysis.completed")
        place = Place(session, org, "live", chat)
        assert [await wire.messages(place, event) for wire in (ccr_wire.WIRE, callcov_wire.WIRE)] == [[], []]
