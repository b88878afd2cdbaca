"""Summary, advice and the signals beside the score."""

from collections.abc import Callable

from calltrace.evaluation.results import Evaluation
from calltrace.evaluation.service import evaluate
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def judged(call: Transcript) -> Evaluation:
    return evaluate(call, default_scorecard(), duration=call.segments[-1].end)


def test_a_summary_quotes_the_issue_and_lists_what_was_missed(bad_call: Transcript) -> None:
    evaluation = judged(bad_call)
    assert "I was charged twice" in evaluation.summary
    assert "Missed: " in evaluation.summary


def test_a_summary_never_repeats_a_card_number(make_call: MakeCall) -> None:
    call = make_call(
        ("a", 0.5, 3.0, "Hello, this is Ben at Pine Parcels, how can I help?"),
        (
            "c",
            3.5,
            12.0,
            "My parcel never came and I paid with 4111 1111 1111 1111, I have a problem with it.",
        ),
        ("a", 12.5, 16.0, "I am sending you a new one today, it arrives tomorrow. Is that fine?"),
    )
    evaluation = judged(call)
    assert "4111" not in evaluation.summary
    assert [(span.segment_id, span.kind) for span in evaluation.sensitive_data] == [("s2", "payment_card")]


def test_advice_comes_for_what_was_missed_critical_first(bad_call: Transcript) -> None:
    advice = judged(bad_call).recommendations
    assert advice[0].startswith("Never threaten")
    assert len(advice) > 2


def test_effort_is_low_in_a_short_call_and_higher_when_the_customer_must_fight(
    make_call: MakeCall, bad_call: Transcript
) -> None:
    easy = make_call(
        ("a", 0.5, 3.0, "Hello, Hill Library, how can I help?"),
        ("c", 3.5, 6.0, "Are you open on Monday?"),
        ("a", 6.5, 8.0, "Yes, from nine. Goodbye!"),
    )
    assert judged(easy).customer_effort_score == 1
    assert judged(bad_call).customer_effort_score > 1


def test_a_side_that_says_nothing_has_no_mood(make_call: MakeCall) -> None:
    call = make_call(("c", 0.5, 3.0, "Hello? Is anybody there?"))
    assert judged(call).sentiment.agent is None


def test_a_happy_customer_sounds_positive(good_call: Transcript) -> None:
    assert judged(good_call).sentiment.customer == "positive"
