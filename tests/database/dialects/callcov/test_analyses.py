"""Analyses: submitted, retrieved, listed, searched, paged."""

import io
import json
import uuid
import wave
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import usage
from calltrace.analyses import lifecycle, submit
from calltrace.analyses.document import ErrorDocument
from calltrace.catalog.models import Agent
from calltrace.db.session import Database
from calltrace.dialects.callcov import reading
from calltrace.evaluation.results import CriterionResult, Evaluation, Evidence, SensitiveSpan
from calltrace.pipeline.context import Platform
from database.analyses.factory import EVALUATION, FACTS, TRANSCRIPT, claimed, completed, recorded
from database.conftest import NewOrg
from database.dialects.callcov.conftest import Api, NewKey

EMPTY_METADATA = {
    "webhook_url": None, "completed_at": None, "processing_time_ms": None, "error_message": None,
}  # fmt: skip


def wave_file(seconds: float = 0.5) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(16000 * seconds)))
    return file.getvalue()


@pytest.mark.accepts("CV-005", "CV-008", "CV-060", "CV-062", "CV-082", "CV-083", "CV-120", "CV-121", "CV-123")
async def test_a_url_is_submitted_and_retrieved(call: Api) -> None:
    metadata = {"campaign_id": "summer_2024", "nested": {"deep": [1, None, "x"]}}
    made = await call.submitted(agent_id="agent_001", contact_id="customer_1", metadata=metadata)
    assert made == {
        "id": made["id"], "object": "analysis", "created": made["created"], "status": "processing",
        "livemode": True,
        "call": {
            "agent_id": "agent_001", "contact_id": "customer_1", "duration_ms": None,
            "duration_seconds": None,
        },
        "audio": {
            "url": "https://127.0.0.1/call.wav", "size_bytes": None, "format": None, "duration_seconds": None,
        },
        "transcript": None, "results": None, "metadata": {**metadata, **EMPTY_METADATA},
    }  # fmt: skip
    assert str(uuid.UUID(made["id"])) == made["id"]
    assert abs(made["created"] - datetime.now(UTC).timestamp()) < 60
    for path in (f"/analysis/{made['id']}", f"/analysis/{made['id']}/"):
        assert (await call("GET", path)).json() == made


@pytest.mark.accepts("CV-004", "CV-082")
async def test_a_file_is_submitted_in_a_form(call: Api, platform: Platform, org: uuid.UUID) -> None:
    fields = {"agent_id": "agent_9", "metadata": json.dumps({"a": 1}), "language": "de"}
    answer = await call(
        "POST", "/analysis/", data=fields, files={"audio_file": ("call.wav", wave_file(), "audio/wav")}
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["status"], made["call"]["agent_id"]) == ("processing", "agent_9")
    assert (made["audio"]["url"], made["metadata"]["a"]) == (None, 1)
    async with platform.database.tenant(org) as session:
        row = (await session.execute(text("SELECT file_name, language, upload_id FROM analyses"))).one()
    assert (row[0], row[1], row[2] is not None) == ("call.wav", "de", True)


FORMS: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"data": {"agent_id": "a"}, "files": {"other": b"x"}}, "missing", ["body", "audio_file"]),
    ({"files": {"audio_file": ("a.wav", b"", "audio/wav")}}, "empty_file", ["body", "audio_file"]),
    ({"files": {"audio_file": ("a.wav", b"%PDF-1.7 no sound", "audio/wav")}}, "unsupported_format",
     ["body", "audio_file"]),
    ({"files": {"audio_file": ("a.wav", wave_file(70), "audio/wav")}}, "file_too_large",
     ["body", "audio_file"]),
    ({"files": {"audio_file": ("a.wav", wave_file())}, "data": {"metadata": "{"}}, "json_invalid",
     ["body", "metadata"]),
    ({"files": {"audio_file": ("a.wav", wave_file())}, "data": {"metadata": '{"error_message": 1}'}},
     "reserved_key", ["body", "metadata", "error_message"]),
    ({"files": {"audio_file": ("a.wav", wave_file())}, "data": {"audio_url": "https://x.test/"}},
     "value_error", ["body", "audio_url"]),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "kind", "place"), FORMS, ids=[f"{one[1]}-{one[2][-1]}" for one in FORMS])
async def test_a_form_that_is_refused_leaves_nothing(
    call: Api, database: Database, org: uuid.UUID, sent: dict[str, Any], kind: str, place: list[str]
) -> None:
    answer = await call("POST", "/analysis/", **sent)
    item = answer.json()["detail"][0]
    assert (answer.status_code, item["type"], item["loc"]) == (422, kind, place)
    async with database.tenant(org) as session:
        for table in ("uploads", "analyses", "agents"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://x.test/a.wav", "url_not_https"),
        ("https://10.0.0.1/a.wav", "url_blocked"),
        ("https://me@x.test/a.wav", "url_blocked"),
        ("nothing", "url_not_https"),
    ],
)
@pytest.mark.parametrize("field", ["audio_url", "webhook_url"])
async def test_urls_that_may_never_be_called_are_refused(call: Api, url: str, kind: str, field: str) -> None:
    body = {"audio_url": "https://127.0.0.1/call.wav", "agent_id": "new one", field: url}
    answer = await call("POST", "/analysis/", body)
    item = answer.json()["detail"][0]
    assert (answer.status_code, item["type"], item["loc"], item["input"]) == (422, kind, ["body", field], url)


@pytest.mark.accepts("CV-060")
@pytest.mark.parametrize("name", list(EMPTY_METADATA))
async def test_names_of_ours_are_reserved_in_metadata(call: Api, name: str) -> None:
    answer = await call(
        "POST", "/analysis/", {"audio_url": "https://127.0.0.1/a", "metadata": {name: "mine"}}
    )
    told = "This metadata key is reserved"
    item = {"type": "reserved_key", "loc": ["body", "metadata", name], "msg": told, "input": "mine"}
    assert (answer.status_code, answer.json()) == (422, {"detail": [item]})


async def test_an_agent_is_made_once_and_seen_by_every_contract(
    call: Api, database: Database, org: uuid.UUID
) -> None:
    async with database.tenant(org) as session:
        session.add(Agent(org_id=org, name="Of the catalogue", external_id="known"))
    for name in ("known", "new", "new"):
        assert (await call.submitted(agent_id=name))["call"]["agent_id"] == name
    async with database.tenant(org) as session:
        rows = (await session.execute(text("SELECT external_id, name FROM agents ORDER BY 1"))).all()
    assert [tuple(row) for row in rows] == [("known", "Of the catalogue"), ("new", "new")]


SEGMENTS = [
    segment.model_copy(update=changes)
    for segment in TRANSCRIPT.segments
    for changes in (
        {"id": "s1", "speaker": "agent", "start": 0.5, "end": 2.0, "text": "Good morning, this is Anna."},
        {"id": "s2", "speaker": "customer", "start": 3.0, "end": 4.0, "text": "My card is 4111."},
        {"id": "s3", "speaker": "agent", "start": 5.0, "end": 6.0, "text": "What is it about?"},
        {"id": "s4", "speaker": "unknown", "start": 7.0, "end": 8.0, "text": "Mumble."},
    )
]


def _criterion(key: str, verdict: str, *spots: str) -> CriterionResult:
    found = [one for one in SEGMENTS if one.id in spots]
    return CriterionResult.model_validate({
        "key": key, "name": key, "score": 1, "maxScore": 1, "verdict": verdict, "confidence": 1,
        "method": "rule", "reason": "",
        "evidence": [
            Evidence(segment_id=one.id, start=one.start, end=one.end, quote=one.text) for one in found
        ],
    })  # fmt: skip


JUDGED = EVALUATION.model_copy(update={
    "criteria": [
        _criterion("greeting", "met", "s1"), _criterion("recording_disclosure", "not_met"),
        _criterion("purpose_declaration", "met", "s3"), _criterion("prohibited_phrases", "met"),
        _criterion("empathy", "not_applicable"), _criterion("resolution", "needs_review"),
        _criterion("closing", "met"),
    ],
    "recommendations": ["Tell the caller that the call is recorded or monitored."],
    "sensitive_data": [SensitiveSpan(kind="payment_card", segment_id="s2")],
})  # fmt: skip


async def _complete(
    platform: Platform,
    intake: submit.Intake,
    org: uuid.UUID,
    call_id: str,
    evaluation: Evaluation,
    folder: Any,
) -> None:
    del intake
    claim = await claimed_again(platform, org, call_id)
    await recorded(platform, claim, folder)
    transcript = TRANSCRIPT.model_copy(update={"segments": SEGMENTS})
    async with platform.database.tenant(org) as session:
        await lifecycle.keep_transcript(session, claim, transcript, FACTS, lifecycle.ProcessingDocument())
        await lifecycle.complete(
            session, claim, transcript, evaluation, lifecycle.ProcessingDocument(), platform.links
        )


async def claimed_again(platform: Platform, org: uuid.UUID, call_id: str) -> lifecycle.Claim:
    return await claimed(platform.intake, org, uuid.UUID(call_id))


@pytest.mark.accepts(
    "CV-120", "CV-121", "CV-122", "CV-123", "CV-124", "CV-125", "CV-126", "CV-007"
)  # fmt: skip
async def test_a_completed_analysis_shows_views_of_its_evaluation(
    call: Api,
    http: httpx2.AsyncClient,
    platform: Platform,
    intake: submit.Intake,
    org: uuid.UUID,
    tmp_path: Any,
) -> None:
    made = await call.submitted(agent_id="a")
    await _complete(platform, intake, org, made["id"], JUDGED, tmp_path)
    shown = (await call("GET", f"/analysis/{made['id']}")).json()
    assert (shown["status"], shown["call"]["duration_ms"], shown["call"]["duration_seconds"]) == (
        "completed", 12500, 12.5,
    )  # fmt: skip
    assert (shown["audio"]["size_bytes"], shown["audio"]["format"], shown["audio"]["duration_seconds"]) == (
        5, "wav", 12.5,
    )  # fmt: skip
    heard = await http.get(shown["audio"]["url"].replace("https://calls.test", "http://calls.test"))
    assert heard.content == b"audio"
    assert [one["speaker"] for one in shown["transcript"]["segments"]] == ["A", "B", "A", "B"]
    assert shown["transcript"]["text"].startswith("Good morning, this is Anna. My card is")
    assert shown["results"] == {
        "compliance": {
            "identity_verification": {"verified": True, "timestamp": 0.5, "flagged": False},
            "mandatory_disclosures": {
                "read": False, "matched_disclosures": [], "missing_disclosures": ["recording_disclosure"],
            },
            "purpose_declaration": {"disclosed": True, "interaction_number": 2, "flagged": False},
            "prohibited_phrases": {"used": False, "instances": []},
            "sensitive_data": {"shared": True, "instances": [{"kind": "payment_card", "timestamp": 3.0}]},
        },
        "quality": {
            "sentiment_analysis": {"overall": "neutral", "agent": "neutral", "customer": "neutral"},
            "greeting": {"present": True, "text": "Good morning, this is Anna.", "timestamp": 0.5},
            "empathetic_language": {"used": False, "count": 0, "instances": []},
            "interruptions": {"count": 0, "agent": 0, "customer": 0},
            "call_structure": {"opening": True, "resolution": False, "closing": True},
        },
        "coaching": {
            "recommendations": [
                {
                    "text": "Tell the caller that the call is recorded or monitored.", "priority": "medium",
                    "category": "recording_disclosure",
                }
            ],
            "customer_effort_score": 2,
        },
    }  # fmt: skip
    metadata = shown["metadata"]
    assert metadata["completed_at"].endswith("Z")
    assert metadata["processing_time_ms"] >= 0
    assert metadata["error_message"] is None


@pytest.mark.accepts("CV-125", "CV-129")
async def test_nothing_shown_is_null_where_the_scorecard_asks_for_nothing(
    call: Api, platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Any
) -> None:
    made = await call.submitted()
    await _complete(platform, intake, org, made["id"], EVALUATION, tmp_path)
    results = (await call("GET", f"/analysis/{made['id']}")).json()["results"]
    assert results["compliance"]["identity_verification"]["flagged"] is False
    assert results["quality"]["greeting"]["present"] is False
    assert results["coaching"]["customer_effort_score"] == 2


@pytest.mark.accepts("CV-127", "CV-128")
async def test_a_failed_analysis_says_why(call: Api, platform: Platform, org: uuid.UUID) -> None:
    made = await call.submitted()
    claim = await claimed_again(platform, org, made["id"])
    error = ErrorDocument(
        code="x", message="No audio could be found in it.", stage="decoding", retryable=False
    )
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE analyses SET duration_seconds = 1.25"))
    assert (await call("GET", f"/analysis/{made['id']}")).json()["call"]["duration_ms"] == 1250
    async with platform.database.tenant(org) as session:
        await lifecycle.fail(session, claim, error, platform.links)
    shown = (await call("GET", f"/analysis/{made['id']}")).json()
    assert (shown["status"], shown["transcript"], shown["results"]) == ("failed", None, None)
    assert shown["metadata"]["error_message"] == "No audio could be found in it."
    assert shown["metadata"]["completed_at"] is not None


async def test_an_analysis_never_ends_before_it_began(
    call: Api, platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE analyses SET completed_at = created_at - interval '1 hour'"))
    (shown,) = (await call("GET", "/analysis/")).json()["data"]
    assert shown["metadata"]["processing_time_ms"] == 0
    ended = datetime.fromisoformat(shown["metadata"]["completed_at"])
    assert int(ended.timestamp()) == shown["created"]


@pytest.mark.accepts("CV-112")
async def test_others_and_the_other_mode_are_like_unknown_ones(
    call: Api, http: httpx2.AsyncClient, new_key: NewKey, new_org: NewOrg
) -> None:
    made = await call.submitted()
    test, stranger = await new_key("test"), await new_key(org_id=await new_org())
    for token in (test, stranger):
        other = Api(http, token)
        assert (await other("GET", "/analysis/")).json()["total"] == 0
        for path in (made["id"], str(uuid.uuid4()), "x", "%00", made["id"].replace("-", "")):
            answer = await other("GET", f"/analysis/{path}")
            assert (answer.status_code, answer.json()) == (404, {"detail": "Analysis not found"}), path


@pytest.mark.accepts("CV-006", "CV-008")
async def test_test_keys_see_test_calls(http: httpx2.AsyncClient, new_key: NewKey) -> None:
    test = Api(http, await new_key("test"))
    made = await test.submitted()
    assert made["livemode"] is False
    assert [one["id"] for one in (await test("GET", "/analysis/")).json()["data"]] == [made["id"]]


@pytest.mark.accepts("CV-084", "CV-102", "CV-103", "CV-104", "CV-105", "CV-108")
async def test_filters_combine(call: Api, platform: Platform, intake: submit.Intake, org: uuid.UUID) -> None:
    for agent, contact in (("agent_001", "Customer_1"), ("agent_002", "customer_2"), ("100%", None)):
        await call.submitted(agent_id=agent, **({"contact_id": contact} if contact else {}))
    await completed(platform, intake, org, contact_id="agent_001 called")

    async def found(query: str) -> list[str | None]:
        answer = (await call("GET", f"/analysis/?{query}")).json()
        assert answer["total"] == len(answer["data"])
        return [one["call"]["agent_id"] or one["call"]["contact_id"] for one in answer["data"]]

    assert await found("status_filter=completed") == ["agent_001 called"]
    assert await found("status_filter=processing&agent_id=agent_001") == ["agent_001"]
    assert await found("status_filter=failed") == []
    assert await found("agent_id=AGENT_001") == []
    assert await found("contact_id=customer_2") == ["agent_002"]
    assert await found("search=AGENT_001") == ["agent_001 called", "agent_001"]
    assert await found("search=customer") == ["agent_002", "agent_001"]
    assert await found("search=%25") == ["100%"], "% is a letter"
    assert await found("search=agent_0_1") == [], "and so is _"
    assert await found("search=customer&agent_id=agent_002&status_filter=processing") == ["agent_002"]
    assert len(await found("search=&agent_id=&status_filter=")) == 4


@pytest.mark.accepts("CV-106", "CV-107", "CV-109", "CV-110", "CV-111")
async def test_pages_give_everything_once_newest_first(
    call: Api, platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    ids = [str((await submit.submit(intake, org, None, _bare())).analysis_id) for _ in range(5)]
    async with platform.database.tenant(org) as session:  # two of the very same moment
        await session.execute(
            text("UPDATE analyses SET created_at = (SELECT max(created_at) FROM analyses) WHERE id = :one"),
            {"one": uuid.UUID(ids[-2])},
        )
    got: list[str] = []
    for name in ("offset", "skip"):
        got, offset, more = [], 0, True
        while more:
            page = (await call("GET", f"/analysis?limit=2&{name}={offset}")).json()
            assert (page["object"], page["total"]) == ("list", 5)
            got += [one["id"] for one in page["data"]]
            more, offset = page["has_more"], offset + 2
        assert got == ids[::-1]
    beyond = (await call("GET", f"/analysis/?offset={10**25}&limit=1000")).json()
    assert (beyond["data"], beyond["has_more"], beyond["total"]) == ([], False, 5)
    assert (await call("GET", "/analysis/?offset=4&skip=0")).json()["data"][0]["id"] == ids[0]


@pytest.mark.accepts("CV-106", "CV-109", "CV-110")
async def test_a_long_list_is_sent_as_it_is_read_and_is_the_same(
    call: Api, platform: Platform, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        await submit.submit(platform.intake, org, None, _bare())
    whole = await call("GET", "/analysis?limit=1000")
    monkeypatch.setattr(reading, "_AT_ONCE", 3)
    sent = await call("GET", "/analysis?limit=1000")
    assert sent.json() == whole.json()
    assert (len(sent.json()["data"]), sent.json()["has_more"], sent.json()["total"]) == (7, False, 7)
    assert ("content-length" in whole.headers, "content-length" in sent.headers) == (True, False)
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-ratelimit-limit"] == "100"
    assert (await call("GET", "/analysis?limit=5")).json()["has_more"] is True


def _bare() -> submit.Submission:
    return submit.Submission("https://127.0.0.1/a", None, None, None, "auto", None, None, {})


async def test_minutes_end_where_a_plan_sells_no_more(
    call: Api, http: httpx2.AsyncClient, new_key: NewKey, database: Database, org: uuid.UUID
) -> None:
    async with database.operator() as session:
        await session.execute(text("UPDATE organisations SET plan = 'free' WHERE id = :org"), {"org": org})
    async with database.tenant(org) as session:
        await usage.heard(session, org, "live", uuid.uuid4(), seconds=500 * 60 - 1, key_id=None)
    await call.submitted()  # it is under way, and counts
    answer = await call("POST", "/analysis/", {"audio_url": "https://127.0.0.1/call.wav"})
    assert (answer.status_code, answer.json()) == (403, {"detail": "Monthly minutes exhausted"})
    await Api(http, await new_key("test")).submitted()
