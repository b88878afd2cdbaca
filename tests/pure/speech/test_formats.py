"""Transcripts as text and subtitles."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.speech.formats import LONGEST_CHARACTERS, LONGEST_SECONDS, clock, to_srt, to_txt, to_vtt
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript, Word

Turn = tuple[Role, str, float, float, str]


def transcript(*turns: Turn, timed: bool = False) -> Transcript:
    segments = [
        Segment(
            id=f"s{number}", speaker=role, speaker_id=voice, channel=0, start=start, end=end, text=text,
            confidence=0.9, words=words_of(text, start, end) if timed else [],
        )
        for number, (role, voice, start, end, text) in enumerate(turns, 1)
    ]  # fmt: skip
    attribution = Attribution(method="channel", confidence=1.0)
    return Transcript(language="en", language_confidence=0.9, attribution=attribution, segments=segments)


def words_of(text: str, start: float, end: float) -> list[Word]:
    words = text.split()
    # All words in the first half: a cue's times must then come from the words, not from the length.
    pace = (end - start) / 2 / len(words)
    return [
        Word(text=word, start=start + i * pace, end=start + (i + 1) * pace, confidence=0.9)
        for i, word in enumerate(words)
    ]


SHORT = transcript(
    ("agent", "spk1", 0.0, 2.0, "Good morning, how can I help you?"),
    ("customer", "spk2", 2.5, 4.25, "Hi, it is about my bill."),
)
LONG_TEXT = (
    "Thank you for holding, Daniel. The line is good, but your router keeps restarting because its power "
    "supply is failing. So what I suggest is that we replace the whole router and send you a new one."
)


def test_text_has_a_line_per_segment_with_time_and_speaker() -> None:
    assert to_txt(SHORT) == (
        "[00:00] Agent: Good morning, how can I help you?\n[00:02] Customer: Hi, it is about my bill.\n"
    )


def test_hours_appear_only_in_calls_that_last_one() -> None:
    assert (clock(0), clock(59.99), clock(754.2), clock(3661)) == ("00:00", "00:59", "12:34", "1:01:01")


def test_srt_is_numbered_and_has_commas_in_its_times() -> None:
    assert to_srt(SHORT) == (
        "1\n00:00:00,000 --> 00:00:02,000\nAgent: Good morning, how can I help you?\n\n"
        "2\n00:00:02,500 --> 00:00:04,250\nCustomer: Hi, it is about my bill.\n"
    )


def test_vtt_names_the_speaker_in_a_voice_tag() -> None:
    assert to_vtt(SHORT) == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\n<v Agent>Good morning, how can I help you?\n\n"
        "2\n00:00:02.500 --> 00:00:04.250\n<v Customer>Hi, it is about my bill.\n"
    )


def test_vtt_escapes_what_would_be_markup() -> None:
    shown = to_vtt(transcript(("agent", "a", 0, 1, "<b>R&D</b> --> ok")))
    assert "<v Agent>&lt;b&gt;R&amp;D&lt;/b&gt; --&gt; ok" in shown


def test_srt_keeps_an_arrow_in_the_text_from_looking_like_times() -> None:
    assert to_srt(transcript(("agent", "a", 0, 1, "left --> right"))).count("-->") == 1


@pytest.mark.parametrize("text", ["one\n\ntwo", "one\r\n\r\ntwo", "one\n \ntwo"])
def test_blank_lines_in_a_text_do_not_end_a_cue(text: str) -> None:
    assert to_vtt(transcript(("agent", "a", 0, 1, text))).endswith("<v Agent>one two\n")


def test_a_transcript_without_speech_is_still_a_valid_file() -> None:
    assert (to_txt(transcript()), to_srt(transcript()), to_vtt(transcript())) == ("", "", "WEBVTT\n")


def test_two_customers_and_unknown_voices_are_told_apart() -> None:
    shown = to_txt(
        transcript(
            ("customer", "spk2", 0, 1, "a"), ("customer", "spk3", 1, 2, "b"), ("unknown", "spk4", 2, 3, "c")
        )
    )
    assert re.findall(r"\] (.*?):", shown) == ["Customer 1", "Customer 2", "Speaker 1"]


def test_long_segments_are_cut_where_a_sentence_or_clause_ends() -> None:
    shown = to_vtt(transcript(("agent", "a", 0.0, 12.0, LONG_TEXT)))
    cues = [" ".join(block.split("\n")[2:]) for block in shown.strip().split("\n\n")[1:]]
    assert len(cues) > 2
    assert cues[0].endswith(("Daniel.", "good,"))
    assert " ".join(cue.removeprefix("<v Agent>") for cue in cues) == LONG_TEXT


def test_cues_of_a_long_segment_take_their_times_from_the_words() -> None:
    shown = to_srt(transcript(("agent", "a", 10.0, 30.0, LONG_TEXT), timed=True))
    times = re.findall(r"--> 00:00:(\d\d),", shown)
    assert times[-1] == "20"  # the last word ends there, not at the end of the segment


def test_words_that_do_not_match_the_text_are_not_trusted() -> None:
    words = [Word(text="other", start=0, end=1, confidence=1)]
    segment = (
        transcript(("agent", "a", 0.0, 3.0, "Hello there")).segments[0].model_copy(update={"words": words})
    )
    shown = to_vtt(transcript().model_copy(update={"segments": [segment]}))
    assert "00:00:00.000 --> 00:00:03.000\n<v Agent>Hello there" in shown


def test_text_without_spaces_is_cut_too() -> None:
    shown = to_vtt(transcript(("agent", "a", 0.0, 30.0, "您好" * 100)))
    assert shown.count("<v Agent>") > 2
    assert "".join(re.findall("[您好]", shown)) == "您好" * 100


def test_a_chat_message_of_25000_words_is_cut_in_one_go() -> None:
    shown = to_vtt(transcript(("agent", "a", 0.0, 9_000.0, "a " * 25_000)))
    assert len(shown.split("-->")) > 25_000 * 2 / LONGEST_CHARACTERS


TEXTS = st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=300)


@given(text=TEXTS, start=st.floats(0, 5000), length=st.floats(0, 60), timed=st.booleans())
def test_no_word_is_lost_and_every_cue_is_readable(
    *, text: str, start: float, length: float, timed: bool
) -> None:
    timed = timed and bool(text.split())
    shown = to_vtt(transcript(("agent", "a", start, start + length, text), timed=timed))
    blocks = [block.split("\n") for block in shown.strip().split("\n\n")[1:]]
    spoken = "".join("".join(block[2:]).removeprefix("<v Agent>") for block in blocks)
    unescaped = spoken.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert "".join(unescaped.split()) == "".join(text.split())
    assert all(len(block) <= 4 for block in blocks)


@given(st.lists(st.sampled_from(["yes", "router", "connection,", "works."]), min_size=1, max_size=80))
def test_cues_of_ordinary_words_are_short_in_letters_and_seconds(words: list[str]) -> None:
    shown = to_vtt(transcript(("agent", "a", 0.0, len(words) * 0.4, " ".join(words))))
    for block in shown.strip().split("\n\n")[1:]:
        _, times, *lines = block.split("\n")
        start, end = (int(m) * 60 + float(s) for m, s in re.findall(r"00:(\d\d):([\d.]+)", times))
        assert end - start <= LONGEST_SECONDS + 0.01
        assert len(" ".join(lines).removeprefix("<v Agent>")) <= LONGEST_CHARACTERS
