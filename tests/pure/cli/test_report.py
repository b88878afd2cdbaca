"""The report as it reads in a terminal and in a pipe."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from calltrace.analyses.document import AnalysisDocument
from calltrace.cli.report import render

CRITERIA: list[dict[str, Any]] = [
    {
        "key": "greeting",
        "name": "Greeting",
        "score": 10,
        "maxScore": 10,
        "verdict": "met",
        "confidence": 0.98,
        "method": "rule",
        "reason": "The agent greets and gives a name.",
        "evidence": [{"segmentId": "s1", "start": 0.4, "end": 3, "quote": "Good morning, this is Grace."}]
        * 2,
    },
    {
        "key": "empathy",
        "name": "Empathy",
        "score": 0,
        "maxScore": 10,
        "verdict": "not_met",
        "confidence": 0.8,
        "method": "embedding",
        "reason": "Trouble was voiced and nobody acknowledged it.",
        "evidence": [],
    },
    {
        "key": "closing",
        "name": "Closing",
        "score": 2.5,
        "maxScore": 5,
        "verdict": "needs_review",
        "confidence": 0.5,
        "method": "model",
        "reason": "Unsure.",
        "evidence": [],
    },
    {
        "key": "hold",
        "name": "Hold procedure",
        "score": 0,
        "maxScore": 0,
        "verdict": "not_applicable",
        "confidence": 1,
        "method": "measure",
        "reason": "There was no hold.",
        "evidence": [],
    },
]
EVALUATION: dict[str, Any] = {
    "score": 50,
    "passed": False,
    "summary": "The bill is wrong.",
    "criteria": CRITERIA,
    "escalation": True,
    "scorecard": {"id": "c", "name": "General service call", "version": 3},
    "recommendations": ["Acknowledge the trouble."],
    "customerEffortScore": 4,
    "sentiment": {"customer": "negative", "agent": None},
    "sensitiveData": [{"kind": "payment_card", "segmentId": "s2"}],
}
METRICS: dict[str, Any] = {
    "talkSeconds": {"agent": 60, "customer": 30},
    "silenceSeconds": 30,
    "holdSeconds": 9.5,
    "longestSilenceSeconds": 12.5,
    "overlapSeconds": 1.5,
    "interruptions": {"agent": 0, "customer": 2},
    "longestMonologueSeconds": {"agent": 20, "customer": 9},
    "wordsPerMinute": {"agent": 150, "customer": 140},
}
LONG = "My connection drops every evening and nobody has been able to tell me why for weeks. " * 4


def segment(number: int, speaker: str, start: float, text: str) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "speaker": speaker,
        "speakerId": f"spk-{speaker}",
        "channel": 0,
        "start": start,
        "end": start + 3,
        "text": text,
        "confidence": 0.9,
    }


def document(**changes: Any) -> AnalysisDocument:
    whole: dict[str, Any] = {
        "analysisId": "7b1c",
        "externalId": "call-17.mp3",
        "status": "completed",
        "createdAt": "2026-06-19T12:00:00.000Z",
        "progress": {"stage": "done", "percent": 100},
        "call": {
            "status": "completed",
            "durationSeconds": 120,
            "channels": 2,
            "sampleRate": 8000,
            "metrics": METRICS,
        },
        "transcript": {
            "language": "en",
            "languageConfidence": 0.99,
            "attribution": {"method": "channel", "confidence": 0.97},
            "segments": [
                segment(1, "agent", 0.4, "Good morning, this is Grace."),
                segment(2, "customer", 65, LONG),
            ],
        },
        "evaluation": EVALUATION,
        "processing": {
            "seconds": {"decode": 1, "transcribe": 19},
            "models": {"asr": "whisper-base"},
            "warnings": [{"code": "cut_short", "message": "The file is cut short."}],
        },
    }
    return AnalysisDocument.model_validate(whole | changes)


def shown(analysis: AnalysisDocument, width: int = 100, encoding: str = "utf-8", **options: Any) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    render(analysis, Console(file=stream, width=width, **options))
    stream.flush()
    return raw.getvalue().decode(encoding)


def flowing(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [80, 120, 200])
def test_it_fits_the_terminal_and_cuts_nothing(width: int) -> None:
    text = shown(document(), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    for wanted in (LONG, "Trouble was voiced and nobody acknowledged it.", "“Good morning, this is Grace.”"):
        assert set(wanted.split()) <= set(text.split())


def test_the_head_says_what_came_out_of_which_call() -> None:
    text = flowing(shown(document()))
    assert text.startswith("NOT PASSED 50 of 100 General service call, version 3 call-17.mp3")
    assert "02:00 · language en (99% sure) · 2 channels · 8 kHz" in text


def test_segments_have_minutes_and_speakers() -> None:
    text = shown(document())
    assert re.search(r"00:00\s+Agent\s+Good morning", text)
    assert re.search(r"01:05\s+Customer\s+My connection", text)
    assert "told apart by channel, 97% sure" in text


def test_a_criterion_has_verdict_points_confidence_reason_and_a_quote_with_its_time() -> None:
    text = shown(document())
    assert re.search(r"✓\s+Greeting\s+10 / 10\s+98%\s+The agent greets", text)
    assert re.search(r"met by rule\s+00:00 “Good morning, this is Grace.”", text)
    assert re.search(r"✗\s+Empathy\s+0 / 10", text)
    assert text.count("“Good morning, this is Grace.”") == 1


def test_the_sum_is_shown_with_what_is_left_out_and_what_is_provisional() -> None:
    text = shown(document())
    assert "10 + 0 + 2.5 = 12.5 of 25 points, score 50" in text
    assert "left out of the sum: 1" in text
    assert re.search(r"2\.5 / 5\*", text)
    assert "until a person has reviewed it: 1" in text


def test_a_score_that_is_no_plain_share_of_the_points_says_why() -> None:
    text = flowing(shown(document(evaluation=EVALUATION | {"score": 0})))
    assert "(50 %), score 0 by the scorecard's weights, bonus and critical criteria" in text


def test_a_call_to_which_nothing_applies_has_no_score() -> None:
    nothing = EVALUATION | {"score": None, "passed": None, "criteria": CRITERIA[3:]}
    text = shown(document(evaluation=nothing), force_terminal=True, color_system=None)
    assert "NOT DECIDED" in text
    assert "0 = 0 of 0 points: nothing applied, so there is no score" in text


def test_talk_signals_recommendations_and_timings_are_there() -> None:
    text = flowing(shown(document()))
    for wanted in (
        "Talked 60 s (50%) 30 s (25%)",
        "Silence 30 s (25%), longest 12.5 s · on hold 9.5 s · both at once 1.5 s",
        "Customer sounded negative",
        "Agent sounded said nothing",
        "Escalation yes, asked for",
        "4 of 5 (an estimate)",
        "payment card at 01:05",
        "1. Acknowledge the trouble.",
        "decode 1 s · transcribe 19 s · 20 s in all · 6 times as fast as the call",
        "Models whisper-base",
        "Warning The file is cut short.",
    ):
        assert wanted in text


def test_a_failed_analysis_shows_its_code_and_message() -> None:
    error = {
        "code": "unsupported_media",
        "message": "It is a picture.",
        "stage": "decoding",
        "retryable": False,
    }
    text = flowing(shown(document(status="failed", error=error, evaluation=None, transcript=None)))
    assert text.startswith(
        "FAILED while decoding: unsupported_media It is a picture. Trying again will not help."
    )


def test_an_analysis_that_is_not_done_says_how_far_it_is() -> None:
    pending = {"stage": "transcribing", "percent": 40}
    text = shown(document(status="processing", progress=pending, evaluation=None, transcript=None))
    assert "PROCESSING: transcribing, 40 %" in text


def test_voices_without_a_role_are_not_called_agent_or_customer() -> None:
    mono = {
        "language": "en",
        "languageConfidence": 0.9,
        "attribution": {"method": "diarization", "confidence": 0.4},
        "segments": [segment(1, "unknown", 0, "Hello?")],
    }
    text = flowing(shown(document(transcript=mono)))
    assert "00:00 Speaker 1 Hello?" in text
    assert (
        "Not every voice could be told to be the agent or the customer (method: diarization, 40% sure)."
        in text
    )


def test_a_call_without_speech_says_so() -> None:
    silent = {
        "language": "und",
        "languageConfidence": 0,
        "attribution": {"method": "channel", "confidence": 0},
    }
    assert "No speech was found." in shown(document(transcript=silent | {"segments": []}))


def test_a_terminal_gets_colours_and_a_big_score_and_a_pipe_gets_neither() -> None:
    piped, terminal = shown(document()), shown(document(), force_terminal=True, color_system="standard")
    assert "\x1b[" not in piped
    assert "█" not in piped
    assert "\x1b[32m" in terminal
    assert "█▀▀" in terminal


def test_an_output_that_knows_only_ascii_gets_ascii() -> None:
    assert re.search(r"\+\s+Greeting", shown(document(), encoding="ascii"))


def test_what_is_said_in_a_call_cannot_drive_the_terminal_or_the_markup() -> None:
    spoken = document().transcript
    assert spoken
    tricky = spoken.segments[0].model_copy(update={"text": "\x1b[2J[red]no[/red] :smile:\x07"})
    text = shown(document(transcript=spoken.model_copy(update={"segments": [tricky]}).model_dump()))
    assert "[2J[red]no[/red] :smile:" in text
    assert "\x1b" not in text
