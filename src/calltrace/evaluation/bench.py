"""The evaluator set beside labelled calls. Split data by writer, never by call (``docs/evaluation.md``)."""

import time
from collections.abc import Sequence

from calltrace.evaluation.judges.trained import Trained
from calltrace.evaluation.labelled import LabelledCall
from calltrace.evaluation.quality import CallOutcome, Outcome
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.evaluation.service import evaluate_with
from calltrace.meaning.embeddings import default_embedder
from calltrace.scorecards.catalogue import default_scorecard


def measure(calls: Sequence[LabelledCall], trained: Trained) -> list[CallOutcome]:
    """Judge each call with the default scorecard and set it beside its labels."""
    return [_call(call, trained) for call in calls]


def _call(call: LabelledCall, trained: Trained) -> CallOutcome:
    begin = time.perf_counter()
    evaluation = evaluate_with(
        call.transcript, default_scorecard(), call.duration, default_embedder(), trained
    )
    seconds = time.perf_counter() - begin
    verdicts = tuple(
        _outcome(result, call.labels[result.key], call)
        for result in evaluation.criteria
        if result.key in call.labels
    )
    return CallOutcome(verdicts, _signals(evaluation, call), seconds, call.duration)


def _signals(evaluation: Evaluation, call: LabelledCall) -> dict[str, bool]:
    card = any(span.kind == "payment_card" for span in evaluation.sensitive_data)
    return {
        "escalation": evaluation.escalation == call.signals.get("escalation"),
        "payment_card": card == call.signals.get("paymentCard"),
        "customer_sentiment": evaluation.sentiment.customer == call.signals.get("customerSentiment"),
    }


def _outcome(result: CriterionResult, labelled: str, call: LabelledCall) -> Outcome:
    segments = {segment.id: segment for segment in call.transcript.segments}
    sound = [
        quote.quote in segments[quote.segment_id].text
        and segments[quote.segment_id].start <= quote.start <= quote.end <= segments[quote.segment_id].end
        for quote in result.evidence
        if quote.segment_id in segments
    ]
    return Outcome(
        key=result.key,
        labelled=labelled,
        guessed=result.best_guess,
        reviewed=result.verdict == "needs_review",
        confidence=result.confidence,
        quotes=len(result.evidence),
        sound_quotes=sum(sound),
    )
