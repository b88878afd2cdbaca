"""``question``: a closed question. Rules and embeddings do not answer it; a model or a person does.

A judge that can answer calls ``answered`` with the answer it picked and returns a ``Belief`` on the opinion:
evidence, thresholds and points are then the same as for every other kind.
"""

from collections.abc import Sequence

from calltrace.evaluation.criteria.base import Opinion, Spot
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.results import Method
from calltrace.scorecards.checks import Answer, Question


def examine(check: Question, _hearing: Hearing) -> Opinion:
    """Nothing is guessed: the reason says who has to answer."""
    open_ = f"A person or a model has to answer this: {check.question}"
    return Opinion(
        met=0.0,
        features={},
        reasons=(open_, open_, "The call gave no occasion for it."),
        absence=check.absence,
        method="rule",
        undecided=open_,
    )


def answered(
    check: Question, answer: Answer, confidence: float, quotes: Sequence[Spot], method: Method = "model"
) -> Opinion:
    """The opinion of a judge who picked ``answer``.

    Args:
        check: the question.
        answer: one of its answers.
        confidence: how sure the judge is of it, 0 to 1.
        quotes: the segments on which it rests; an answer that earns points needs one, unless the question
            is about an absence.
        method: who answered.
    """
    verdict, rest = answer.meaning, 1 - confidence
    sentence = f"{check.question} Answer: {answer.text}."
    applicable = rest if verdict == "not_applicable" else 1.0
    return Opinion(
        met={"met": confidence, "not_applicable": 0.5}.get(verdict, rest),
        features={},
        reasons=(sentence, sentence, sentence),
        proof=tuple(quotes),
        breach=tuple(quotes),
        applicable=applicable,
        absence=check.absence,
        method=method,
        share=answer.share if verdict == "partly_met" else None,
    )
