"""Answers of servers of every kind, read word by word."""

import math
from typing import Any

import pytest

from calltrace.speech.engines.errors import UnreadableAnswerError
from calltrace.speech.engines.remote_answers import read
from calltrace.speech.engines.remote_words import UNKNOWN_CONFIDENCE, words
from calltrace.speech.windows import Stretch, Window

WINDOW = Window((Stretch(1, 10.0, 14.0), Stretch(1, 20.0, 26.0)))
TEXT = "Hello, you. It's 5 pounds - yes!"
SURE = {"avg_logprob": -0.2, "no_speech_prob": 0.01}


def segment(text: str, start: Any = 0.0, end: Any = 10.0, **more: Any) -> dict[str, Any]:
    return {"text": text, "start": start, "end": end} | more


def timed(*pieces: str, step: float = 1.0) -> list[dict[str, Any]]:
    return [{"word": one, "start": n * step, "end": n * step + step / 2} for n, one in enumerate(pieces)]


def found(document: dict[str, Any]) -> list[tuple[str, float, float]]:
    heard = words(read(document, WINDOW.seconds), WINDOW)
    return [(word.text, round(word.start, 2), round(word.end, 2)) for word in heard]


PIECES = {
    "bare words": timed("Hello", "you", "It's", "five", "pounds", "yes"),
    "words as written": timed(" Hello,", " you.", " It's", " 5", " pounds", " yes!"),
    "tokens": [
        {"word": text, "start": start, "end": start + 0.5}
        for text, start in [(" He", 0.0), ("llo", 0.0), (",", 0.5), (" you", 1.0), (".", 1.5), (" It", 2.0),
                            ("'", 2.0), ("s", 2.0), (" 5", 3.0), (" pounds", 4.0), (" -", 4.5), (" yes", 5.0)]
    ],
}  # fmt: skip
EXPECTED = [
    ("Hello,", 10.0, 10.5), ("you.", 11.0, 11.5), ("It's", 12.0, 12.5), ("5", 13.0, 13.5),
    ("pounds -", 20.0, 20.5), ("yes!", 21.0, 21.5),
]  # fmt: skip


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("where", ["beside", "inside"])
def test_words_have_the_text_of_the_segments_and_the_times_of_the_pieces(
    pieces: list[dict[str, Any]], where: str
) -> None:
    document: dict[str, Any] = {"text": TEXT, "segments": [segment(TEXT)]}
    (document["segments"][0] if where == "inside" else document)["words"] = pieces
    assert found(document) == EXPECTED


def test_without_pieces_a_segment_s_words_share_its_time() -> None:
    document = {"segments": [segment("one two", 0.0, 3.0), segment("three", 3.0, 4.0)]}
    assert found(document) == [("one", 10.0, 11.5), ("two", 11.5, 13.0), ("three", 13.0, 14.0)]


def test_without_segments_the_words_share_the_window() -> None:
    assert found({"text": "one six"}) == [("one", 10.0, 14.0), ("six", 21.0, 26.0)]


TIMES = {
    "nanoseconds": (segment("one", 1_000_000_000, 2_000_000_000), (11.0, 12.0)),
    "beyond the window": (segment("one", 5.0, 30.0), (21.0, 26.0)),
    "backwards": (segment("one", 3.0, 1.0), (20.0, 26.0)),
    "no numbers": (segment("one", "0", None), (20.0, 26.0)),
    "not a number": (segment("one", math.nan, 2.0), (20.0, 26.0)),
    "true": (segment("one", start=True, end=2.0), (20.0, 26.0)),
}


@pytest.mark.parametrize(("part", "expected"), TIMES.values(), ids=TIMES)
def test_odd_times(part: dict[str, Any], expected: tuple[float, float]) -> None:
    assert found({"segments": [part]}) == [("one", *expected)]


def test_pieces_without_times_are_of_no_use() -> None:
    document = {"segments": [segment("one six", 0.0, 4.0, words=[{"word": " one"}, {"word": " six"}])]}
    assert found(document) == [("one", 10.0, 12.0), ("six", 12.0, 14.0)]


def test_times_never_go_back() -> None:
    back = [{"word": "one", "start": 2.0, "end": 3.0}, {"word": "two", "start": 1.0, "end": 1.5}]
    assert found({"text": "one two", "words": back}) == [("one", 12.0, 13.0), ("two", 13.0, 13.0)]


def test_scripts_without_spaces_are_read_letter_by_letter() -> None:
    heard = words(read({"text": "您好,小梅。OK 吗"}, 4.0), Window((Stretch(0, 0.0, 4.0),)))
    assert [word.text for word in heard] == ["您", "好,", "小", "梅。", "OK", "吗"]
    assert [word.glued for word in heard] == [False, True, True, True, True, False]


CONFIDENCE = {
    "of the word": ({"text": "one", "words": [timed("one")[0] | {"probability": 0.7}]}, 0.7),
    "of the segment": ({"segments": [segment("one", **SURE)]}, math.exp(-0.2)),
    "not told": ({"text": "one"}, UNKNOWN_CONFIDENCE),
    "nonsense": ({"text": "one", "words": [timed("one")[0] | {"probability": 7}]}, 1.0),
}


@pytest.mark.parametrize(("document", "confidence"), CONFIDENCE.values(), ids=CONFIDENCE)
def test_confidence(document: dict[str, Any], confidence: float) -> None:
    (word,) = words(read(document, 10.0), WINDOW)
    assert word.confidence == pytest.approx(confidence)


def test_what_was_not_said_is_left_out() -> None:
    phantom = segment("Thanks for watching!", avg_logprob=-1.3, no_speech_prob=0.9)
    unsure = segment("yes", avg_logprob=-1.3, no_speech_prob=0.1)
    quiet = segment("maybe", avg_logprob=-0.3, no_speech_prob=0.9)
    assert found({"segments": [phantom]}) == []
    assert [text for text, *_ in found({"segments": [phantom, unsure, quiet]})] == ["yes", "maybe"]
    assert found({"text": " ♪♪ "}) == found({"text": ""}) == []


def test_loops_that_nobody_could_say_are_cut() -> None:
    assert [text for text, *_ in found({"text": " ".join(["again"] * 500)})] == ["again"]


LANGUAGES: dict[str, tuple[dict[str, Any], str | None, dict[str, float]]] = {
    "code": ({"language": "es"}, "es", {"es": 1.0}),
    "name": ({"language": "Spanish"}, "es", {"es": 1.0}),
    "tag": ({"language": "es-MX"}, "es", {"es": 1.0}),
    "unknown": ({"language": "klingon"}, None, {}),
    "null": ({"language": None}, None, {}),
    "found beside told": (
        {"language": "english", "language_probabilities": {"es": 0.9, "pt": 0.1, "xx": 0.2, "en": "no"}},
        "en", {"es": 0.9, "pt": 0.1},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "language", "shares"), LANGUAGES.values(), ids=LANGUAGES)
def test_languages(said: dict[str, Any], language: str | None, shares: dict[str, float]) -> None:
    answer = read({"text": "x"} | said, 1.0)
    assert (answer.language, dict(answer.shares)) == (language, shares)


@pytest.mark.parametrize(
    "document", [None, [], "text", 7, {}, {"text": None}, {"segments": []}, {"error": "x"}]
)
def test_what_is_no_transcription_is_refused(document: object) -> None:
    with pytest.raises(UnreadableAnswerError):
        read(document, 1.0)


def test_oddly_built_answers_are_read_as_far_as_they_go() -> None:
    document = {"text": "one", "segments": [None, 7, segment("one", 0, 1)], "words": "none"}
    assert found(document) == [("one", 10.0, 11.0)]
