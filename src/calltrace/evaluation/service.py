"""Evaluate: a transcript held against a scorecard. No database, and no network but for the model server's."""

from collections.abc import Sequence
from dataclasses import replace

from calltrace.evaluation.conditions import judged
from calltrace.evaluation.decision import undecided
from calltrace.evaluation.hearing import Hearing, hear
from calltrace.evaluation.judges.acts import training_data
from calltrace.evaluation.judges.heads import Heads, shipped_heads
from calltrace.evaluation.judges.offline import OfflineJudge
from calltrace.evaluation.judges.protocol import Judge
from calltrace.evaluation.judges.trained import Trained, shipped
from calltrace.evaluation.model.advised import Advised, Warn, unheard
from calltrace.evaluation.model.server import ModelServer
from calltrace.evaluation.model.telling import Told
from calltrace.evaluation.results import CriterionResult, Evaluation, ScorecardRef
from calltrace.evaluation.scoring import total
from calltrace.evaluation.sensitive import sensitive_spans
from calltrace.evaluation.signals import effort, escalation, sentiment
from calltrace.evaluation.summary import advice, summarise
from calltrace.evaluation.written import at_its_times, read_out
from calltrace.kit.progress import Progress, silent, within
from calltrace.meaning.embeddings import Embedder, default_embedder
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Mark, Transcript

_HEARD_SHARE = 0.2
"""Hearing takes so much of the time when a model is asked, too."""
_SILENT = "Nothing was said, or nothing could be understood: this cannot be decided from the transcript."


def evaluate(
    transcript: Transcript,
    scorecard: Scorecard,
    *,
    duration: float | None,
    embedder: Embedder | None = None,
    progress: Progress = silent,
    marks: Sequence[Mark] | None = None,
    model: ModelServer | None = None,
    warn: Warn = unheard,
) -> Evaluation:
    """Hold a call against a scorecard.

    Args:
        transcript: what was said, by whom, when; it is data, whatever it says.
        scorecard: the exact version to judge by.
        duration: seconds of the recording; the end of the last segment if that is later. ``None``: it is a
            text conversation, and when its messages were sent says nothing (``evaluation/written.py``).
        embedder: another embedding model than the shipped one.
        progress: told the done share.
        marks: what was heard beside speech; without it nothing is known of hold music.
        model: is asked what the offline judge cannot settle, and for the summary.
        warn: told what a model was to do and did not.
    """
    said = read_out(transcript) if duration is None else transcript
    evaluation = evaluate_with(
        said, scorecard, duration, embedder or default_embedder(), shipped(),
        progress=progress, marks=marks, model=model, warn=warn,
    )  # fmt: skip
    return at_its_times(evaluation, transcript) if duration is None else evaluation


def evaluate_with(
    transcript: Transcript,
    scorecard: Scorecard,
    duration: float | None,
    embedder: Embedder,
    trained: Trained,
    *,
    progress: Progress = silent,
    marks: Sequence[Mark] | None = None,
    model: ModelServer | None = None,
    warn: Warn = unheard,
) -> Evaluation:
    """``evaluate`` with other trained heads: how a writer is left out when quality is measured."""
    ends = [segment.end for segment in transcript.segments]
    seconds = max(duration or 0.0, *ends) if ends else duration or 0.0
    heard = within(progress, 0.0, _HEARD_SHARE) if model else progress
    hearing = hear(transcript, seconds, embedder, trained.acts, heard, marks)
    hearing = replace(hearing, written=duration is None)
    heads, judge = trained.heads, OfflineJudge(trained.heads)
    if model is None or not hearing.spoken:
        results = _results(scorecard, hearing, judge)
        return _assembled(scorecard, results, hearing, heads, None)
    advised = Advised(model, hearing, within(progress, _HEARD_SHARE, 1.0), warn)
    results = _results(scorecard, hearing, advised.judge(scorecard, judge))
    return _assembled(scorecard, results, hearing, heads, advised.told(results))


def evaluator_name(model: ModelServer | None = None) -> str:
    """Name and version of the judge, of its training data and of the models, for pinning."""
    judge, embedder = OfflineJudge(shipped_heads()), default_embedder()
    offline = f"{judge.name} (trained on {training_data()}) + {embedder.name}"
    return f"{offline} + {model.name}" if model else offline


def _results(scorecard: Scorecard, hearing: Hearing, judge: Judge) -> list[CriterionResult]:
    if not hearing.spoken:
        return [undecided(criterion, _SILENT) for criterion in scorecard.criteria]
    return judged(scorecard, hearing, judge)


def _assembled(
    scorecard: Scorecard, results: list[CriterionResult], hearing: Hearing, heads: Heads, told: Told | None
) -> Evaluation:
    heard = hearing.spoken
    sums = total(scorecard, {result.key: result for result in results})
    return Evaluation(
        score=sums.score if heard else None,
        summary=summarise(scorecard, results, sums, hearing, told),
        summary_method="model" if told and told.words else "extract",
        passed=sums.passed if heard else None,
        scorecard=ScorecardRef(id=str(scorecard.id), name=scorecard.name, version=scorecard.version),
        criteria=results,
        recommendations=list(advice(scorecard, results, told).values()),
        sentiment=sentiment(hearing, heads),
        escalation=escalation(hearing, heads),
        customer_effort_score=effort(hearing, heads),
        sensitive_data=sensitive_spans(hearing.segments, hearing.sensitive),
    )
