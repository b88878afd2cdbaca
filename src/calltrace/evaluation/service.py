"""Evaluate: a transcript held against a scorecard. Pure: no database, clock or network."""

from collections.abc import Sequence

from calltrace.evaluation.conditions import judged
from calltrace.evaluation.decision import undecided
from calltrace.evaluation.hearing import Hearing, hear
from calltrace.evaluation.judges.acts import ActsHead, shipped_head, training_data
from calltrace.evaluation.judges.heads import Heads, shipped_heads
from calltrace.evaluation.judges.offline import OfflineJudge
from calltrace.evaluation.judges.protocol import Judge
from calltrace.evaluation.results import CriterionResult, Evaluation, ScorecardRef
from calltrace.evaluation.scoring import total
from calltrace.evaluation.sensitive import sensitive_spans
from calltrace.evaluation.signals import effort, escalation, sentiment
from calltrace.evaluation.summary import recommendations, summarise
from calltrace.kit.progress import Progress, silent
from calltrace.meaning.embeddings import Embedder, default_embedder
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Mark, Transcript

_SILENT = "Nothing was said, or nothing could be understood: this cannot be decided from the transcript."


def evaluate(
    transcript: Transcript,
    scorecard: Scorecard,
    *,
    duration: float,
    embedder: Embedder | None = None,
    progress: Progress = silent,
    marks: Sequence[Mark] | None = None,
) -> Evaluation:
    """Hold a call against a scorecard.

    Args:
        transcript: what was said, by whom, when; it is data, whatever it says.
        scorecard: the exact version to judge by.
        duration: seconds of the recording; the end of the last segment if that is later.
        embedder: another embedding model than the shipped one.
        progress: told the done share.
        marks: what was heard beside speech; without it nothing is known of hold music.
    """
    heads = shipped_heads()
    return evaluate_with(
        transcript, scorecard, duration, embedder or default_embedder(), shipped_head(), heads,
        progress=progress, marks=marks,
    )  # fmt: skip


def evaluate_with(
    transcript: Transcript,
    scorecard: Scorecard,
    duration: float,
    embedder: Embedder,
    acts: ActsHead,
    heads: Heads,
    *,
    progress: Progress = silent,
    marks: Sequence[Mark] | None = None,
) -> Evaluation:
    """``evaluate`` with other trained heads: how a writer is left out when quality is measured."""
    ends = [segment.end for segment in transcript.segments]
    hearing = hear(transcript, max(duration, *ends) if ends else duration, embedder, acts, progress, marks)
    results = _results(scorecard, hearing, OfflineJudge(heads))
    return _assembled(scorecard, results, hearing, heads)


def evaluator_name() -> str:
    """Name and version of the judge, of its training data and of the embedding model, for pinning."""
    judge, model = OfflineJudge(shipped_heads()), default_embedder()
    return f"{judge.name} (trained on {training_data()}) + {model.name}"


def _results(scorecard: Scorecard, hearing: Hearing, judge: Judge) -> list[CriterionResult]:
    if not any(segment.text.strip() for segment in hearing.segments):
        return [undecided(criterion, _SILENT) for criterion in scorecard.criteria]
    return judged(scorecard, hearing, judge)


def _assembled(
    scorecard: Scorecard, results: list[CriterionResult], hearing: Hearing, heads: Heads
) -> Evaluation:
    heard = any(segment.text.strip() for segment in hearing.segments)
    sums = total(scorecard, {result.key: result for result in results})
    return Evaluation(
        score=sums.score if heard else None,
        summary=summarise(scorecard, results, sums, hearing),
        passed=sums.passed if heard else None,
        scorecard=ScorecardRef(id=str(scorecard.id), name=scorecard.name, version=scorecard.version),
        criteria=results,
        recommendations=recommendations(scorecard, results),
        sentiment=sentiment(hearing, heads),
        escalation=escalation(hearing, heads),
        customer_effort_score=effort(hearing, heads),
        sensitive_data=sensitive_spans(hearing.segments, hearing.sensitive),
    )
