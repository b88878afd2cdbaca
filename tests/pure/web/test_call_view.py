"""A transcript as turns and as a strip; calls, numbers and languages by their names."""

import uuid

import pytest

from calltrace.analyses.models import Analysis
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript
from calltrace.web.call_view import strip, turns
from calltrace.web.shown import call_name, language, number, percent

Said = tuple[Role, str, float, float]


def _transcript(*said: Said) -> Transcript:
    segments = [
        Segment(id=f"s{at}", speaker=role, speaker_id=voice, channel=0, start=start, end=end, text="x",
                confidence=1.0)
        for at, (role, voice, start, end) in enumerate(said)
    ]  # fmt: skip
    told = Attribution(method="channel", confidence=1.0)
    return Transcript(language="en", language_confidence=1.0, attribution=told, segments=segments)


def test_a_turn_lasts_until_another_voice_speaks() -> None:
    shown = turns(
        _transcript(
            ("agent", "a", 0, 1), ("agent", "a", 1, 2), ("customer", "b", 2, 3), ("customer", "c", 3, 4),
            ("agent", "a", 4, 5),
        )
    )  # fmt: skip
    assert [(turn.name, len(turn.segments)) for turn in shown] == [
        ("Agent", 2), ("Customer 1", 1), ("Customer 2", 1), ("Agent", 1)
    ]  # fmt: skip


def test_the_strip_shows_each_side_in_thousandths_of_the_call() -> None:
    shown = strip(_transcript(("agent", "a", 0, 10), ("customer", "b", 5, 20), ("agent", "a", 50, 200)), 100)
    assert [(one.role, one.start, one.width) for one in shown] == [
        ("agent", 0, 100), ("agent", 500, 500), ("customer", 50, 150)
    ]  # fmt: skip


def test_pauses_that_nobody_could_see_are_left_out_of_the_strip() -> None:
    hour: list[Said] = [("agent", "a", at * 1.8, at * 1.8 + 1.6) for at in range(2000)]
    assert len(strip(_transcript(*hour), 3600)) == 1
    nested = strip(_transcript(("agent", "a", 0, 50), ("agent", "b", 10, 20), ("agent", "a", 50.1, 60)), 100)
    assert [(one.start, one.width) for one in nested] == [(0, 600)]


def test_without_a_duration_there_is_no_strip() -> None:
    assert strip(_transcript(("agent", "a", 0, 1)), None) == []
    assert strip(_transcript(), 10) == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"file_name": "a.mp3", "file_url": "https://x.test/b.mp3"}, "a.mp3"),
     ({"file_url": "https://x.test/a/b%20c.mp3?token=secret"}, "b c.mp3"),
     ({"file_url": "https://x.test/a/"}, "a"), ({"upload_id": uuid.uuid4()}, "Call"),
     ({"file_url": "https://x.test", "external_id": "crm-1"}, "crm-1")],
)  # fmt: skip
def test_a_call_has_a_name(fields: dict[str, object], name: str) -> None:
    assert call_name(Analysis(**fields)) == name


def test_numbers_and_languages_read_well() -> None:
    assert [number(one) for one in (82.0, 82.5, 0.0, 100.0, 1234.56)] == ["82", "82.5", "0", "100", "1234.6"]
    assert [percent(one) for one in (0.934, 1.0)] == ["93 %", "100 %"]
    assert [language(one) for one in ("de", "xx", None)] == ["German", "xx", ""]
