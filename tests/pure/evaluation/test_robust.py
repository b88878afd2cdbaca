"""Whatever a transcript holds, an evaluation comes out, with evidence that stands."""

from hypothesis import given, settings
from hypothesis import strategies as st

from calltrace.evaluation.service import evaluate
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript

TEXTS = st.one_of(
    st.text(max_size=40), st.sampled_from(["hello", "4111 1111 1111 1111", "\x00", "?!", "bye. " * 40])
)
ROLES: tuple[Role, ...] = ("agent", "customer", "unknown")


@st.composite
def any_segment(draw: st.DrawFn) -> Segment:
    return Segment(
        id=draw(st.sampled_from(["s1", "s2", "s3"])),
        speaker=draw(st.sampled_from(ROLES)),
        speaker_id="spk1",
        channel=0,
        start=draw(st.floats(0, 600)),
        end=draw(st.floats(0, 600)),
        text=draw(TEXTS),
        confidence=0.5,
    )


@settings(max_examples=25, deadline=None)
@given(segments=st.lists(any_segment(), max_size=5), duration=st.floats(0, 600))
def test_any_transcript_is_judged_without_a_crash(segments: list[Segment], duration: float) -> None:
    transcript = Transcript(
        language="xx",
        language_confidence=0.1,
        attribution=Attribution(method="diarization", confidence=0.1),
        segments=segments,
    )
    evaluation = evaluate(transcript, default_scorecard(), duration=duration)
    texts = [segment.text for segment in segments]
    assert len(evaluation.criteria) == 10
    assert evaluation.score is None or 0 <= evaluation.score <= 100
    assert all(any(q.quote in text for text in texts) for r in evaluation.criteria for q in r.evidence)
    assert 1 <= evaluation.customer_effort_score <= 5


def test_a_lone_surrogate_in_a_transcript_is_no_crash() -> None:
    segment = Segment(
        id="s1",
        speaker="agent",
        speaker_id="spk1",
        channel=0,
        start=0,
        end=2,
        text="hello \ud800 there",
        confidence=1,
    )
    transcript = Transcript(
        language="en",
        language_confidence=1,
        attribution=Attribution(method="channel", confidence=1),
        segments=[segment],
    )
    assert evaluate(transcript, default_scorecard(), duration=2).score is not None
