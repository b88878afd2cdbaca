"""Payloads and signatures, byte for byte (acceptance CT-112 to CT-118, CT-130 to CT-132)."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from calltrace.evaluation.results import Evaluation
from calltrace.evaluation.service import evaluate
from calltrace.kit.signatures import hmac_hex, new_endpoint_secret
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Attribution, Segment, Transcript, Word
from calltrace.webhooks.events import AnalysisEvent, EventCall, PingEvent, body_of
from calltrace.webhooks.signing import signed_headers

MOMENT = datetime(2026, 6, 19, 12, 0, tzinfo=UTC)


def _transcript() -> Transcript:
    word = Word(text="Hello", start=0, end=1, confidence=1)
    segment = Segment(
        id="s1", speaker="agent", speaker_id="spk1", channel=0, start=0, end=1, text="Hello", confidence=1,
        words=[word],
    )  # fmt: skip
    attribution = Attribution(method="channel", confidence=1)
    return Transcript(language="en", language_confidence=1, attribution=attribution, segments=[segment])


def _event(transcript: Transcript | None = None, evaluation: Evaluation | None = None) -> AnalysisEvent:
    call = EventCall(
        status="completed", duration_seconds=184, recording_url=None, agent_id=None, queue_id=None
    )
    return AnalysisEvent(
        event="analysis.completed", occurred_at="2026-06-19T12:00:00.000Z", analysis_id="a", external_id=None,
        call=call, transcript=transcript, evaluation=evaluation,
        metadata={"text": 'with "quotes" and ümlauts'},
    )  # fmt: skip


@pytest.mark.accepts("CT-112")
def test_ct_112_the_payload_has_the_documented_keys_first_the_delivery_id() -> None:
    body = json.loads(body_of(_event(), "whd_x"))
    assert list(body) == [
        "deliveryId", "event", "occurredAt", "analysisId", "externalId", "call", "evaluation", "transcript",
        "metadata", "error",
    ]  # fmt: skip
    assert body["metadata"] == {"text": 'with "quotes" and ümlauts'}
    assert body["call"].keys() >= {"status", "durationSeconds", "recordingUrl"}


def test_word_times_stay_out_and_everything_else_stays_in() -> None:
    told = json.loads(body_of(_event(_transcript()), "whd_x"))["transcript"]["segments"][0]
    assert "words" not in told
    assert (told["speaker"], told["text"], told["start"]) == ("agent", "Hello", 0)


@pytest.mark.accepts("CT-117")
def test_what_the_script_wants_said_stays_out() -> None:
    secret = "offer the platinum upgrade in your second sentence"
    cue = {"by": "agent", "examples": [secret], "patterns": ["platinum upgrade"]}
    check = {"kind": "said", "cues": [cue]}
    criterion = {"key": "offer", "name": "Offer", "points": 10, "check": check}
    card = Scorecard.model_validate(
        {"key": "sales", "name": "Sales", "description": "Be pushy.",
         "sections": [{"name": "All", "criteria": [criterion]}]}
    )  # fmt: skip
    evaluation = evaluate(_transcript(), card, duration=10)
    assert [one.name for one in evaluation.criteria] == ["Offer"]
    body = body_of(_event(_transcript(), evaluation), "whd_x")
    assert "Offer" in body
    for words in (secret, "platinum", "Be pushy"):
        assert words not in body


def test_a_ping_has_an_id_too() -> None:
    assert json.loads(body_of(PingEvent(occurred_at="x"), "whd_x"))["deliveryId"] == "whd_x"


@pytest.mark.accepts("CT-130", "CT-131", "CT-132", "CT-134")
def test_ct_132_the_signature_is_lower_case_hex_of_timestamp_dot_body() -> None:
    secret = new_endpoint_secret()
    headers = signed_headers([secret], "whd_x", '{"a":1}', MOMENT)
    assert headers["X-CallTrace-Timestamp"] == "1781870400"
    assert headers["X-CallTrace-Signature"] == "sha256=" + hmac_hex(secret, b'1781870400.{"a":1}')
    assert headers["X-CallTrace-Delivery"] == headers["webhook-id"] == "whd_x"


def test_the_standard_webhooks_library_accepts_it() -> None:
    secret, body = new_endpoint_secret(), '{"a":1}'
    headers = signed_headers([secret], "whd_x", body, datetime.now(UTC))
    assert Webhook(secret).verify(body, headers) == {"a": 1}
