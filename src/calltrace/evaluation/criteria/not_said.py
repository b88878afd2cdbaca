"""``not_said``: the cue is expressed nowhere. Its breach needs evidence; its absence cannot have any."""

from calltrace.evaluation.criteria.base import Opinion, best, spots, summary
from calltrace.evaluation.cues import hits
from calltrace.evaluation.hearing import Hearing
from calltrace.scorecards.checks import NotSaid


def examine(check: NotSaid, hearing: Hearing) -> Opinion:
    """The surest turn decides."""
    found = hits(check.cue, hearing)
    return Opinion(
        met=1 - best(found.strength),
        features=summary("cue", found.strength),
        reasons=(
            "Nothing of the kind was found in the call.",
            "Something of the kind was said.",
            "The call gave no occasion for it.",
        ),
        breach=spots(found, found.strength, 3),
        absence=True,
    )
