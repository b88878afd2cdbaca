"""Audio files and evaluations over the same core (acceptance AU-040 to AU-056)."""

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import service
from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle, submit
from calltrace.analyses.document import ErrorDocument, ProcessingDocument
from calltrace.analyses.models import Analysis
from calltrace.catalog import service as catalog
from calltrace.catalog.service import CALL_CENTERS, QUEUES
from calltrace.evaluation.results import CriterionResult, Evidence, SensitiveSpan
from calltrace.kit import clock
from calltrace.kit.ids import uuid7
from calltrace.pipeline import housekeeping
from calltrace.pipeline.context import Platform
from calltrace.recordings.models import Upload
from calltrace.scorecards.catalogue import default_scorecard
from database.analyses.factory import EVALUATION, TRANSCRIPT, claimed, completed, heard, recorded
from database.dialects.auralytik.conftest import Client, refused, stranger

AUDIO = b"RIFF and then some bytes of sound" * 100
UNKNOWN = "0" * 32
BAD = ErrorDocument(code="unsupported_media", message="No audio.", stage="decoding", retryable=False)


async def opened(client: Client, **body: Any) -> dict[str, Any]:
    return await client.data("POST", "audio-files/upload-url", {"fileName": "call.wav"} | body, 201)


def local(url: str) -> str:
    assert url.startswith("https://calls.test/auralytik/files/")
    return url.removeprefix("https://calls.test")


async def sent(client: Client, content: bytes = AUDIO, **body: Any) -> str:
    link = await opened(client, **body)
    answer = await client.http.put(local(link["uploadUrl"]), content=content, headers=link["headers"])
    assert (answer.status_code, answer.content) == (201, b"")
    return link["audioFileId"]


def of(audio_file_id: str) -> uuid.UUID:
    return uuid.UUID(hex=audio_file_id.removeprefix("af_"))


async def finish(client: Client, intake: submit.Intake, audio_file_id: str, folder: Path) -> None:
    """What a worker does."""
    claim = await claimed(intake, client.org, of(audio_file_id))
    await recorded(client.platform, claim, folder, AUDIO)
    await heard(client.platform, claim)
    said = Evidence(segment_id="s1", start=0.5, end=2.0, quote="Good morning.")
    result = CriterionResult(
        key="greeting", name="Greeting", score=10, max_score=10, verdict="met", confidence=0.9, method="rule",
        reason="Said.", evidence=[said],
    )  # fmt: skip
    full = EVALUATION.model_copy(
        update={"criteria": [result], "sensitive_data": [SensitiveSpan(kind="payment_card", segment_id="s1")]}
    )
    async with client.platform.database.tenant(client.org) as session:
        await lifecycle.complete(
            session, claim, TRANSCRIPT, full, ProcessingDocument(), client.platform.links
        )


@pytest.mark.accepts("AU-054", "AU-055", "AU-056", "AU-051", "AU-052", "AU-053", "AU-041", "AU-042", "AU-043")
async def test_a_recording_from_its_upload_to_its_results(
    client: Client, intake: submit.Intake, tmp_path: Path
) -> None:
    link = await opened(
        client, externalId="crm-1", executiveName="Ana Perez", isAICall=False, audioDate="2026-03-01"
    )
    assert link.keys() == {"audioFileId", "uploadUrl", "expiresAt", "method", "headers"}
    assert (link["method"], link["headers"]) == ("PUT", {"x-ms-blob-type": "BlockBlob"})
    file_id = link["audioFileId"]
    waiting = await client.data("GET", f"audio-files/{file_id}")
    assert (waiting["uploadState"], waiting["processingState"]) == ("AwaitingUpload", "NotStarted")
    assert waiting["evaluationId"] is None
    refused(await client("POST", f"audio-files/{file_id}/process"), 409, "CONFLICT")
    refused(await client("GET", f"audio-files/{file_id}/download-url"), 404, "RESOURCE_NOT_FOUND")
    for content in (b"another file", AUDIO):
        answer = await client.http.put(local(link["uploadUrl"]), content=content)
        assert answer.status_code == 201
    there = await client.data("GET", f"audio-files/{file_id}")
    assert (there["uploadState"], there["sizeBytes"], there["audioDate"]) == (
        "Uploaded", len(AUDIO), "2026-03-01T00:00:00Z",
    )  # fmt: skip
    assert (there["executiveName"], there["externalId"]) == ("Ana Perez", "crm-1")
    before = await client.data("GET", f"audio-files/{file_id}/download-url")
    assert (await client.http.get(local(before["url"]))).content == AUDIO

    asked = await client.data("POST", f"audio-files/{file_id}/process", status=202)
    evaluation_id = asked["evaluationId"]
    assert asked == {"audioFileId": file_id, "evaluationId": evaluation_id, "state": "Pending"}
    assert (await client.http.put(local(link["uploadUrl"]), content=b"late")).status_code == 409
    again = await client.data("POST", f"audio-files/{file_id}/process", status=202)
    assert again == asked
    pending = await client.data("GET", f"evaluations/{evaluation_id}")
    assert (pending["state"], pending["averageNote"], pending["audioFileId"]) == ("Pending", None, file_id)
    assert pending["results"]["criteria"] == []
    nothing = await client.data("GET", f"evaluations/{evaluation_id}/transcript")
    assert (nothing["segments"], nothing["text"], nothing["state"]) == ([], None, "Pending")

    await finish(client, intake, file_id, tmp_path)
    status = await client.data("GET", f"audio-files/{file_id}/processing-status")
    assert (status["state"], status["stage"], status["progress"], status["evaluationId"]) == (
        "Completed", "done", 100, evaluation_id,
    )  # fmt: skip
    done = await client.data("GET", f"evaluations/{evaluation_id}")
    assert (done["state"], done["averageNote"], done["sentiment"]) == ("Completed", 82.0, "Neutral")
    assert (done["durationInSeconds"], done["audioFileName"], done["engagementName"]) == (
        13,
        "call.wav",
        "Default",
    )
    assert done["createdAt"] == pending["createdAt"]
    results = await client.data("GET", f"evaluations/{evaluation_id}/results")
    assert results == done["results"]
    assert results["criteria"] == [
        {
            "key": "greeting", "name": "Greeting", "note": 10.0, "maxNote": 10.0, "verdict": "met",
            "confidence": 0.9, "reason": "Said.",
            "evidence": [{"start": 0.5, "end": 2.0, "quote": "Good morning."}],
        }
    ]  # fmt: skip
    assert results["sensitiveData"] == [{"kind": "payment_card", "start": 0.5}]
    assert (results["passed"], results["customerEffortScore"]) == (True, 2)
    for path in (f"evaluations/{evaluation_id}", f"audio-files/{file_id}"):
        told = await client.data("GET", f"{path}/transcript")
        assert told["text"] == "Good morning."
        assert told["segments"] == [
            {"speaker": "agent", "text": "Good morning.", "start": 0.5, "end": 2.0, "confidence": 0.9}
        ]
        assert (told["evaluationId"], told["audioFileId"]) == (evaluation_id, file_id)
    after = await client.data("GET", f"audio-files/{file_id}/download-url")
    assert (after["sizeBytes"], after["fileName"]) == (len(AUDIO), "call.wav")
    assert (await client.data("GET", f"audio-files/{file_id}"))["createdAt"] == waiting["createdAt"]
    fetched = await client.http.get(local(after["url"]))
    assert (fetched.content, fetched.headers["content-disposition"]) == (
        AUDIO,
        'attachment; filename="call.wav"',
    )
    finished = await client("POST", f"audio-files/{file_id}/process")
    assert (finished.status_code, finished.json()["data"]["state"]) == (200, "Completed")


async def test_processed_by_many_at_once_it_is_one(client: Client) -> None:
    file_id = await sent(client)
    answers = await asyncio.gather(*(client("POST", f"audio-files/{file_id}/process") for _ in range(6)))
    assert {one.status_code for one in answers} == {202}
    assert len({one.json()["data"]["evaluationId"] for one in answers}) == 1
    assert len(await client.data("GET", "audio-files")) == 1


async def test_force_makes_another_evaluation_without_a_new_transcription(
    client: Client, intake: submit.Intake, tmp_path: Path
) -> None:
    file_id = await sent(client)
    first = (await client.data("POST", f"audio-files/{file_id}/process", status=202))["evaluationId"]
    await finish(client, intake, file_id, tmp_path)
    second = await client.data("POST", f"audio-files/{file_id}/process", {"force": True}, 202)
    assert second["state"] == "Pending"
    assert second["evaluationId"] != first
    third = await client.data("POST", f"audio-files/{file_id}/process", {}, 202)
    assert third == second
    ids = [one["id"] for one in await client.data("GET", f"evaluations?executiveId=exec_{UNKNOWN}")]
    assert ids == []
    listed = await client.data("GET", "evaluations")
    assert [(one["id"], one["state"]) for one in listed] == [
        (second["evaluationId"], "Pending"), (first, "Completed"),
    ]  # fmt: skip
    assert (await client.data("GET", f"audio-files/{file_id}"))["evaluationId"] == second["evaluationId"]


async def test_what_failed_is_tried_again(client: Client, intake: submit.Intake) -> None:
    file_id = await sent(client, b"this is no sound")
    first = await client.data("POST", f"audio-files/{file_id}/process", status=202)
    for _ in range(2):
        claim = await claimed(intake, client.org, of(file_id))
        async with client.platform.database.tenant(client.org) as session:
            await lifecycle.fail(session, claim, BAD, client.platform.links)
        status = await client.data("GET", f"audio-files/{file_id}/processing-status")
        assert (status["state"], status["error"]) == (
            "Failed", {"code": "UNSUPPORTED_AUDIO", "message": "No audio."},
        )  # fmt: skip
        shown = await client.data("GET", f"evaluations/{first['evaluationId']}")
        assert (shown["state"], shown["error"]["code"]) == ("Failed", "UNSUPPORTED_AUDIO")
        assert await client.data("POST", f"audio-files/{file_id}/process", status=202) == first


async def test_what_failed_and_is_gone_cannot_be(client: Client, intake: submit.Intake) -> None:
    file_id = await sent(client)
    await client.data("POST", f"audio-files/{file_id}/process", status=202)
    claim = await claimed(intake, client.org, of(file_id))
    async with client.platform.database.tenant(client.org) as session:
        await session.execute(text("UPDATE uploads SET expires_at = now()"))
        await lifecycle.fail(session, claim, BAD, client.platform.links)
    refused(await client("POST", f"audio-files/{file_id}/process"), 409, "CONFLICT")


async def test_the_scorecard_that_is_asked_for(client: Client) -> None:
    file_id = await sent(client)
    for wrong in ("x", str(uuid7())):
        refused(
            await client("POST", f"audio-files/{file_id}/process", {"scorecardId": wrong}),
            400, "VALIDATION_ERROR", "scorecardId",
        )  # fmt: skip
    shipped = str(default_scorecard().id)
    await client.data(
        "POST", f"audio-files/{file_id}/process", {"scorecardId": shipped, "language": "es"}, 202
    )
    async with client.platform.database.tenant(client.org) as session:
        row = await session.get_one(Analysis, of(file_id))
        assert (str(row.scorecard_id), row.language) == (shipped, "es")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fileName": ""}, "fileName"), ({"fileName": "a/b.wav"}, "fileName"),
        ({"fileName": "a\\b.wav"}, "fileName"), ({"fileName": "x" * 256}, "fileName"),
        ({"fileName": 1}, "fileName"), ({"engagementId": f"eng_{UNKNOWN}"}, "engagementId"),
        ({"campaignId": f"camp_{UNKNOWN}"}, "campaignId"), ({"executiveId": "x"}, "executiveId"),
        ({"callCenterId": f"cc_{UNKNOWN}"}, "callCenterId"), ({"audioDate": "soon"}, "audioDate"),
        ({"audioDate": "9999-12-31"}, "audioDate"), ({"audioDate": "0001-01-01"}, "audioDate"),
        ({"isAICall": "yes"}, "isAICall"), ({"language": "english"}, "language"),
    ],
)  # fmt: skip
async def test_uploads_that_are_refused(client: Client, body: dict[str, Any], field: str) -> None:
    refused(
        await client("POST", "audio-files/upload-url", {"fileName": "a.wav"} | body),
        400, "VALIDATION_ERROR", field,
    )  # fmt: skip
    refused(await client("POST", "audio-files/upload-url", {}), 400, "VALIDATION_ERROR", "fileName")


async def test_an_unknown_executive_is_made_once(client: Client) -> None:
    links = await asyncio.gather(*(opened(client, executiveName="New Person") for _ in range(4)))
    files = [await client.data("GET", f"audio-files/{one['audioFileId']}") for one in links]
    assert len({one["executiveId"] for one in files}) == 1


async def test_links_that_were_changed_or_have_expired(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await sent(client)
    link = local((await client.data("GET", f"audio-files/{file_id}/download-url"))["url"])
    upload = local((await opened(client))["uploadUrl"])
    other = local((await opened(client))["uploadUrl"])
    swapped = other.split("?")[0] + "?" + upload.split("?")[1]
    for url in (link[:-1], link.split("?")[0], link.replace("expires=1", "expires=2"), link + "0"):
        refused(await client.http.get(url), 403, "SIGNED_URL_INVALID")
    for url in (
        swapped,
        upload.replace("/uploads/af_", "/uploads/af_x"),
        link.replace("recordings", "uploads"),
    ):
        refused(await client.http.put(url, content=AUDIO), 403, "SIGNED_URL_INVALID")
    late = clock.now() + timedelta(minutes=15, seconds=2)
    monkeypatch.setattr(clock, "now", lambda: late)
    refused(await client.http.get(link), 403, "SIGNED_URL_INVALID")
    refused(await client.http.put(upload, content=AUDIO), 403, "SIGNED_URL_INVALID")


async def test_a_file_over_the_limit(client: Client) -> None:
    link = await opened(client)
    content = b"x" * (client.platform.limits.max_bytes + 1)
    refused(await client.http.put(local(link["uploadUrl"]), content=content), 413, "PAYLOAD_TOO_LARGE")
    refused(await client.http.put(local(link["uploadUrl"]), content=b""), 400, "VALIDATION_ERROR")


@pytest.mark.accepts("AU-040", "AU-050")
async def test_filters(client: Client, intake: submit.Intake, tmp_path: Path) -> None:
    async with client.platform.database.tenant(client.org) as session:
        center = await catalog.create(session, client.org, OPERATOR, CALL_CENTERS, {"name": "Santiago"})
        queue = await catalog.create(
            session, client.org, OPERATOR, QUEUES, {"name": "Renewals", "call_center_id": center.id}
        )
    engagement = await client.data("POST", "engagements", {"name": "Acme", "type": "renewal"}, 201)
    campaign = f"camp_{queue.id.hex}"
    mine = await sent(
        client, campaignId=campaign, engagementId=engagement["id"], audioDate="2026-03-01T10:00:00Z",
        isAICall=True, executiveName="Ana",
    )  # fmt: skip
    await client.data("POST", f"audio-files/{mine}/process", status=202)
    await finish(client, intake, mine, tmp_path)
    other = await completed(client.platform, intake, client.org)
    shown = await client.data("GET", f"audio-files/{mine}")
    assert (shown["campaignId"], shown["callCenterId"]) == (campaign, f"cc_{center.id.hex}")
    ana = shown["executiveId"]
    fitting = (
        f"campaignId={campaign}", f"engagementId={engagement['id']}", "isAICall=true",
        "dateFrom=2026-03-01&dateTo=2026-03-01",
        "dateFrom=2026-03-01T10:00:00Z&dateTo=2026-03-01T10:00:00%2B00:00",
    )  # fmt: skip
    for query in fitting:
        for path in ("audio-files", "evaluations"):
            rows = await client.data("GET", f"{path}?{query}")
            assert [one.get("audioFileId", one["id"]) for one in rows] == [mine], (path, query)
    for query in (f"callCenterId=cc_{center.id.hex}", f"executiveId={ana}"):
        assert [one["audioFileId"] for one in await client.data("GET", f"evaluations?{query}")] == [mine]
    for query in ("dateTo=2026-02-28", "dateFrom=2026-03-02&dateTo=2026-03-03", f"campaignId=camp_{UNKNOWN}"):
        for path in ("audio-files", "evaluations"):
            assert await client.data("GET", f"{path}?{query}") == []
    assert len(await client.data("GET", "evaluations?sentiment=Neutral&state=Completed")) == 2
    assert await client.data("GET", "evaluations?sentiment=Positive") == []
    assert await client.data("GET", "evaluations?state=Failed") == []
    assert len(await client.data("GET", "audio-files?processingState=Completed")) == 2
    assert await client.data("GET", "audio-files?processingState=NotStarted") == []
    assert (await client.data("GET", "audio-files"))[0]["id"] == f"af_{other.hex}"  # the newest first
    first = (await client("GET", "audio-files")).json()["pagination"]
    assert first["pageSize"] == 50
    listed = await client.data("GET", "evaluations")
    assert all(one["results"] is None for one in listed)
    assert (await client.data("GET", f"engagements/{engagement['id']}"))["evaluationCount"] == 1


async def test_recordings_of_other_contracts_are_audio_files_too(
    client: Client, platform: Platform, intake: submit.Intake, tmp_path: Path
) -> None:
    native = await completed(platform, intake, client.org, tmp_path, file_name="native.mp3")
    shown = await client.data("GET", f"audio-files/af_{native.hex}")
    assert (shown["fileName"], shown["processingState"], shown["uploadState"]) == (
        "native.mp3", "Completed", "Uploaded",
    )  # fmt: skip
    evaluation = await client.data("GET", f"evaluations/{shown['evaluationId']}")
    assert evaluation["audioFileId"] == shown["id"]


@pytest.mark.parametrize(
    "path",
    [
        "evaluations/{eval}", "evaluations/{eval}/transcript", "evaluations/{eval}/results",
        "audio-files/{af}", "audio-files/{af}/download-url", "audio-files/{af}/transcript",
        "audio-files/{af}/processing-status",
    ],
)  # fmt: skip
async def test_what_is_not_there_or_another_organisations(
    client: Client, new_org: Any, platform: Platform, intake: submit.Intake, tmp_path: Path, path: str
) -> None:
    mine = await completed(platform, intake, client.org, tmp_path)
    assert (await client("GET", path.format(eval=f"eval_{mine.hex}", af=f"af_{mine.hex}"))).status_code == 200
    other = await stranger(client, await new_org())
    for caller, digits in ((client, UNKNOWN), (client, "x"), (client, mine.hex.upper()), (other, mine.hex)):
        wrong = path.format(eval=f"eval_{digits}", af=f"af_{digits}")
        refused(await caller("GET", wrong), 404, "RESOURCE_NOT_FOUND")
    refused(await other("POST", f"audio-files/af_{mine.hex}/process"), 404, "RESOURCE_NOT_FOUND")


async def test_test_calls_of_the_native_contract_are_not_seen(
    client: Client, platform: Platform, intake: submit.Intake
) -> None:
    test = await completed(platform, intake, client.org, mode="test")
    assert await client.data("GET", "audio-files") == []
    refused(await client("GET", f"evaluations/eval_{test.hex}"), 404, "RESOURCE_NOT_FOUND")


async def test_what_is_never_processed_goes_with_its_upload(client: Client) -> None:
    file_id = await sent(client)
    async with client.platform.database.tenant(client.org) as session:
        await session.execute(text("UPDATE uploads SET expires_at = now() - interval '9 years'"))
    await housekeeping.tidy(client.platform.database, 30)
    refused(await client("GET", f"audio-files/{file_id}"), 404, "RESOURCE_NOT_FOUND")


async def test_the_upload_lives_a_week(client: Client) -> None:
    await sent(client)
    async with client.platform.database.tenant(client.org) as session:
        days = await session.scalar(text("SELECT extract(day FROM expires_at - now()) FROM uploads"))
        assert (days, Upload.__tablename__) == (6, "uploads")


async def test_a_first_analysis_uses_one_of_the_months_quota_up_and_another_asking_none(
    client: Client, intake: submit.Intake, tmp_path: Path
) -> None:
    async with client.platform.database.tenant(client.org) as session:
        await service.set_quotas(session, client.org, {"analyses_quota": 1})
    first, second = await sent(client), await sent(client)
    asked = (client("POST", f"audio-files/{first}/process") for _ in range(4))
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} <= {202, 429}
    assert 202 in {answer.status_code for answer in answers}
    await finish(client, intake, first, tmp_path)
    assert (await client("POST", f"audio-files/{first}/process")).status_code == 200
    assert (await client("POST", f"audio-files/{first}/process", {"force": True})).status_code == 202
    answer = await client("POST", f"audio-files/{second}/process")
    refused(answer, 429, "RATE_LIMIT_EXCEEDED")
    assert int(answer.headers["retry-after"]) > 0
    status = await client.data("GET", f"audio-files/{second}/processing-status")
    assert status["state"] == "NotStarted"
