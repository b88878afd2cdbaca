"""The main job, end to end: from a recording to a signed, evidenced score."""

import hashlib
import json
import re
from typing import Any

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook

from calltrace.data import sample_call_path
from calltrace.kit.signatures import hmac_hex
from whole.conftest import Stage
from whole.harness import wait_for


@pytest.fixture(scope="module")
def completed(stage: Stage) -> dict[str, Any]:
    accepted = stage.client.submit(
        stage.call, externalId="crm-call-123", metadata={"customerId": "cust_42"}, fileName="call-123.mp3"
    )
    assert accepted["status"] == "queued"
    return stage.client.finished(accepted["analysisId"])


@pytest.mark.accepts("CT-084", "CT-089")
def test_ct_089_the_call_is_completed_with_all_results(completed: dict[str, Any]) -> None:
    assert completed["status"] == "completed", completed["error"]
    assert completed["progress"] == {"stage": "done", "percent": 100}
    assert completed["call"]["channels"] == 2
    assert completed["call"]["sampleRate"] == 8000
    assert 100 < completed["call"]["durationSeconds"] < 150
    assert completed["transcript"]["language"] == "en"
    assert completed["metadata"] == {"customerId": "cust_42"}
    assert completed["processing"]["models"]["asr"]
    assert all(value is not None for value in completed["processing"]["seconds"].values())


def test_agent_and_customer_are_told_apart(completed: dict[str, Any]) -> None:
    said = {"agent": "", "customer": ""}
    for segment in completed["transcript"]["segments"]:
        said[segment["speaker"]] += " " + segment["text"].lower()
    assert "thank you for calling" in said["agent"]
    assert "fed up" in said["customer"]
    assert completed["transcript"]["attribution"]["method"] == "channel"


def test_every_quote_stands_where_it_says(completed: dict[str, Any]) -> None:
    segments = {segment["id"]: segment for segment in completed["transcript"]["segments"]}
    quotes = [one for criterion in completed["evaluation"]["criteria"] for one in criterion["evidence"]]
    assert len(quotes) >= 5
    for quote in quotes:
        segment = segments[quote["segmentId"]]
        assert quote["quote"] in segment["text"]
        assert segment["start"] <= quote["start"] < quote["end"] <= segment["end"]


def test_the_score_is_the_sum_of_its_lines(completed: dict[str, Any]) -> None:
    evaluation = completed["evaluation"]
    lines = [one for one in evaluation["criteria"] if one["verdict"] != "not_applicable"]
    expected = 100 * sum(one["score"] for one in lines) / sum(one["maxScore"] for one in lines)
    assert evaluation["score"] == pytest.approx(expected, abs=0.06)
    assert {one["kind"] for one in evaluation["sensitiveData"]} >= {"payment_card"}


@pytest.mark.accepts("CT-112", "CT-114", "CT-115", "CT-116", "CT-117", "CT-130", "CT-131", "CT-132", "CT-134")
def test_the_events_are_signed_and_true(stage: Stage, completed: dict[str, Any]) -> None:
    analysis_id = completed["analysisId"]
    wait_for(lambda: len(stage.world.events(analysis_id)) >= 2, "both webhooks")
    assert sorted(stage.world.events(analysis_id)) == ["analysis.completed", "analysis.created"]
    ours = [(head, body) for head, body in stage.world.received if analysis_id.encode() in body]
    for head, body in ours:
        signed = head["x-calltrace-timestamp"].encode() + b"." + body
        assert head["x-calltrace-signature"] == "sha256=" + hmac_hex(stage.secret, signed)
        assert Webhook(stage.secret).verify(body, head)
        assert head["x-calltrace-delivery"] == json.loads(body)["deliveryId"]
    told = next(
        event for _head, body in stage.world.received
        if (event := json.loads(body))["event"] == "analysis.completed" and event["analysisId"] == analysis_id
    )  # fmt: skip
    assert told["evaluation"] == completed["evaluation"]
    assert told["externalId"] == "crm-call-123"
    assert told["call"]["status"] == "completed"
    assert told["call"]["durationSeconds"] == completed["call"]["durationSeconds"]
    assert told["call"]["recordingUrl"].startswith(f"{stage.installation.url}/api/v1/recordings/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["occurredAt"])
    assert told["metadata"] == completed["metadata"]
    assert told["error"] is None
    assert not {"script", "scriptText"} & told.keys()
    assert [one["text"] for one in told["transcript"]["segments"]] == [
        one["text"] for one in completed["transcript"]["segments"]
    ]


def test_the_recording_link_gives_the_same_bytes(completed: dict[str, Any]) -> None:
    content = httpx2.get(completed["call"]["recordingUrl"], timeout=30).content
    assert hashlib.sha256(content).digest() == hashlib.sha256(sample_call_path().read_bytes()).digest()


def test_recordings_rest_encrypted(stage: Stage, completed: dict[str, Any]) -> None:
    assert completed["status"] == "completed"
    stored = [path for path in (stage.installation.folder / "data" / "storage").rglob("*") if path.is_file()]
    assert stored
    beginning = sample_call_path().read_bytes()[1000:1064]
    assert all(beginning not in path.read_bytes() for path in stored)


def test_logs_hold_no_secret_and_no_word_of_the_call(stage: Stage, completed: dict[str, Any]) -> None:
    assert completed["status"] == "completed"
    log = stage.installation.log.read_text()
    assert stage.secret not in log
    assert "ct_live_" not in log
    assert "fed up" not in log
