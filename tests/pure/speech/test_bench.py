"""Measuring on recordings of which something is known; what diarization error means."""

import json
import random
import wave
from itertools import permutations
from pathlib import Path

import pytest

from calltrace.bench.speech_rows import line, rates, totals
from calltrace.kit.bootstrap import interval, pooled
from calltrace.kit.errors import UsageError
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech.bench import Cost, Part, Row, Text, bench, speakers
from calltrace.speech.diarization_error import Turn, diarization_error
from calltrace.speech.engines.bare import bare
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.labelled import Labelled, read_manifest
from calltrace.speech.transcript import Segment, Word
from calltrace.speech.wer import character_errors

TRUTH = [Turn(0.0, 4.0, "ann"), Turn(4.0, 8.0, "bob")]


def _save(path: Path, audio: DecodedAudio, seconds: float) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((audio.read(0, 0, seconds) * 32767).astype("<i2").tobytes())


def test_rows_compare_us_with_the_bare_engine(
    tmp_path: Path, sample_call: DecodedAudio, engine: FasterWhisperEngine
) -> None:
    _save(tmp_path / "greeting.wav", sample_call, 4.0)
    (tmp_path / "broken.wav").write_text("no audio")
    said = "Thank you for calling Harbor Broadband, my name is Grace."
    files = [
        {"path": "greeting.wav", "language": "en", "reference": said, "licence": "ignored"},
        {"path": "broken.wav", "language": "en", "reference": None},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"files": files}))
    greeting, broken = map(line, bench(tmp_path, read_manifest(tmp_path), engine, bare(engine)))
    assert greeting["heardLanguage"] == greeting["language"] == "en"
    for name in ("wer", "bareWer", "cer", "bareCer"):
        assert isinstance(greeting[name], float)
        assert float(str(greeting[name])) < 0.3
    for name in ("cost", "bareCost", "cpu", "bareCpu", "ratio"):
        assert float(str(greeting[name])) > 0
    assert greeting["roleAccuracy"] is greeting["der"] is greeting["phantoms"] is None
    assert broken["error"]
    assert broken["wer"] is broken["cost"] is None


@pytest.mark.parametrize(
    ("heard", "missed", "false_alarm", "confusion"),
    [
        ([Turn(0, 4, "x"), Turn(4, 8, "y")], 0, 0, 0),
        ([Turn(0, 4, "y"), Turn(4, 8, "x")], 0, 0, 0),
        ([Turn(0, 8, "x")], 0, 0, 4),
        ([Turn(0, 3, "x"), Turn(4, 8, "y")], 1, 0, 0),
        ([Turn(0, 5, "x"), Turn(4, 8, "y")], 0, 1, 0),
        ([Turn(0, 5, "x"), Turn(5, 8, "y")], 0, 0, 1),
        ([Turn(0, 4, "x"), Turn(4, 6, "y"), Turn(6, 8, "z")], 0, 0, 2),
        ([Turn(0, 4, "x"), Turn(4, 10, "y")], 0, 2, 0),
        ([], 8, 0, 0),
    ],
)
def test_diarization_error_by_its_kinds(
    heard: list[Turn], missed: float, false_alarm: float, confusion: float
) -> None:
    found = diarization_error(TRUTH, heard, 10.0)
    assert found.speech == pytest.approx(8.0)
    assert found.missed == pytest.approx(missed)
    assert found.false_alarm == pytest.approx(false_alarm)
    assert found.confusion == pytest.approx(confusion)


def test_a_collar_forgives_what_is_near_an_edge() -> None:
    heard = [Turn(0.2, 4.2, "x"), Turn(4.2, 7.8, "y")]
    assert diarization_error(TRUTH, heard, 10.0).total == pytest.approx(0.6)
    assert diarization_error(TRUTH, heard, 10.0, 0.25).total == 0


def test_people_who_speak_at_once_both_count() -> None:
    both = [Turn(0, 4, "ann"), Turn(2, 4, "bob")]
    found = diarization_error(both, [Turn(0, 4, "x")], 5.0)
    assert (found.speech, found.missed) == (pytest.approx(6.0), pytest.approx(2.0))


def test_the_best_mapping_is_found() -> None:
    chance = random.Random(7)
    turns = [Turn(at, at + 1, chance.choice("abcd")) for at in range(40)]
    heard = [Turn(at, at + 1, chance.choice("vwxyz")) for at in range(40)]
    shared = {(t.who, h.who): 0 for t in turns for h in heard}
    for true, found in zip(turns, heard, strict=True):
        shared[true.who, found.who] += 1
    best = max(
        sum(shared.get(pair, 0) for pair in zip("abcd", chosen, strict=True))
        for chosen in permutations("vwxyz", 4)
    )
    assert diarization_error(turns, heard, 40.0).confusion == pytest.approx(40 - best)


def test_more_speakers_than_can_be_mapped_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 12"):
        diarization_error([Turn(at, at + 1, str(at)) for at in range(13)], [], 20.0)


def test_roles_by_time_and_by_word() -> None:
    def said(start: float, end: float, who: str, role: str) -> Segment:
        word = Word(text="Yes.", start=start + 0.1, end=start + 0.3, confidence=1.0)
        return Segment.model_validate(
            {"id": "s1", "speaker": role, "speaker_id": who, "channel": 0, "start": start, "end": end,
             "text": "Yes.", "confidence": 1.0, "words": [word]}
        )  # fmt: skip

    truth = Labelled("call.wav", "en", turns=[Turn(0, 4, "agent"), Turn(4, 8, "customer")], has_roles=True)
    found = speakers(truth, [said(0, 4, "spk1", "agent"), said(4, 6, "spk2", "unknown")], 10.0)
    assert (found.role_time, found.role_coverage, found.role_words) == (Part(4, 6), Part(6, 8), Part(1, 2))
    assert found.role_alone == Part(4, 6)
    assert (found.true, found.heard) == (2, 2)


def test_where_both_speak_one_channel_can_only_be_half_right() -> None:
    truth = Labelled("call.wav", "en", turns=[Turn(0, 4, "agent"), Turn(3, 4, "customer")], has_roles=True)
    heard = Segment(
        id="s1", speaker="agent", speaker_id="spk1", channel=0, start=0, end=4, text="Yes.", confidence=1
    )
    found = speakers(truth, [heard], 5.0)
    assert (found.role_time, found.role_alone) == (Part(4, 5), Part(3, 3))


def _row(path: str, errors: int, kind: str = "call", **more: object) -> Row:
    text = Text(Part(errors, 10), Part(errors, 50))
    row = Row(path, kind, 20.0, "en", "en", 10, Cost(2.0, 3.0), text=text, bare_cost=Cost(1.0, 1.5))
    return Row(**{name: getattr(row, name) for name in Row.__slots__} | more)  # type: ignore[arg-type]


def test_rows_are_pooled_by_kind_language_and_all() -> None:
    rows = [_row("a", 1), _row("b", 3), _row("c", 5, "read"), _row("d", 0, error="broken")]
    found = {row["recording"]: row for row in totals(rows)}
    assert found.keys() == {"call", "language en", "all"}
    assert (found["call"]["wer"], found["all"]["wer"], found["all"]["n"]) == (0.2, 0.3, 3)
    assert (found["all"]["cer"], found["all"]["cost"], found["all"]["ratio"]) == (0.06, 0.1, 0.5)
    assert float(str(found["all"]["werLow"])) <= 0.3 <= float(str(found["all"]["werHigh"]))
    assert any(note.startswith("WER: 0.300 (95 % 0.100 to 0.500, n = 3)") for note in rates(rows))


def test_words_where_nobody_speaks_are_counted() -> None:
    assert [row["phantoms"] for row in totals([_row("a", 0, phantoms=2), _row("b", 0, phantoms=1)])] == [
        3
    ] * 3


def test_the_bootstrap_draws_recordings() -> None:
    parts = [(1.0, 10.0), (3.0, 10.0), (5.0, 10.0), (0.0, 0.0)]
    assert pooled(parts) == pytest.approx(0.3)
    assert interval(parts) == interval(parts) == (pytest.approx(0.1), pytest.approx(0.5))
    assert interval(parts[:1]) is None
    assert pooled([]) is None


def test_characters_are_counted_without_spaces() -> None:
    assert character_errors("Good morning.", "good mourning") == (1, 11)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"files": [{"path": "a"}]}', '{"files": [{"path": "a", "language": "en", "segments": [1]}]}'],
)
def test_a_manifest_of_another_format_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(UsageError, match=r"manifest\.json"):
        read_manifest(tmp_path)
