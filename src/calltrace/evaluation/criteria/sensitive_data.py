"""``sensitive_data``: card numbers and the like are not spoken, or by one side alone.

The evidence is the segment, never the value: what is quoted are words of the segment, or of the turn before,
that hold no number at all.
"""

from collections.abc import Sequence

from calltrace.evaluation.criteria.base import Opinion, Spot
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.sensitive import Finding, of_people
from calltrace.evaluation.spoken_numbers import digit_runs
from calltrace.scorecards.checks import SensitiveData, SensitiveKind
from calltrace.speech.formats import clock
from calltrace.speech.transcript import Segment

_MOST = 3
_BACK = 2
_FOUND_RIGHT: dict[SensitiveKind, float] = {"payment_card": 0.95, "iban": 0.95, "email": 0.95, "cvv": 0.85}
"""How sure a finding is, from what docs/evaluation.md measured; the others rest on what was asked for."""
_FOUND_RIGHT_ELSE = 0.8
_HARD: frozenset[SensitiveKind] = frozenset({"account_number", "national_id", "phone", "date_of_birth"})
"""Kinds of which the rules miss a fifth and more: that nothing was found is less sure."""


def examine(check: SensitiveData, hearing: Hearing) -> Opinion:
    """Findings of other sides than the allowed one are the breach."""
    spoken = of_people(hearing.sensitive)
    wrong = [one for one in spoken if one.kind in check.kinds and _forbidden(one, check, hearing)]
    sure = max(
        (_FOUND_RIGHT.get(kind, _FOUND_RIGHT_ELSE) for kind in check.kinds if _has(kind, wrong)), default=0.0
    )
    missed = 0.25 if _HARD & set(check.kinds) else 0.1
    return Opinion(
        met=1 - sure if wrong else 1 - missed,
        features={},
        reasons=(
            f"No {_names(check.kinds)} was found {_who(check)}.",
            _sentence(wrong, check, hearing),
            "The call gave no occasion for it.",
        ),
        breach=_spots(wrong, hearing),
        absence=True,
        method="rule",
    )


def _forbidden(finding: Finding, check: SensitiveData, hearing: Hearing) -> bool:
    return check.only_by == "nobody" or hearing.segments[finding.index].speaker != check.only_by


def _has(kind: str, found: Sequence[Finding]) -> bool:
    return any(finding.kind == kind for finding in found)


def _names(kinds: Sequence[str]) -> str:
    return " or ".join(kind.replace("_", " ") for kind in dict.fromkeys(kinds))


def _who(check: SensitiveData) -> str:
    return {
        "nobody": "in the call",
        "agent": "but what the agent spoke",
        "customer": "but what the customer spoke",
    }[check.only_by]


def _sentence(wrong: Sequence[Finding], check: SensitiveData, hearing: Hearing) -> str:
    if not wrong:
        return f"No {_names(check.kinds)} was found {_who(check)}."
    places = dict.fromkeys((one.kind, one.index) for one in wrong)
    turns = [(kind.replace("_", " "), hearing.segments[index]) for kind, index in list(places)[:_MOST]]
    told = [f"{name} by {turn.speaker} at {clock(turn.start)}" for name, turn in turns]
    more = f" and {len(places) - _MOST} more" if len(places) > _MOST else ""
    return f"Spoken: {', '.join(told)}{more}."


def _spots(wrong: Sequence[Finding], hearing: Hearing) -> tuple[Spot, ...]:
    """A quote for each of the first segments: its own words, else those that led to it."""
    spots: dict[int, Spot] = {}
    for index in list(dict.fromkeys(one.index for one in wrong))[:_MOST]:
        for near in range(index, max(index - _BACK, 0) - 1, -1):
            span = harmless(hearing.segments, near, hearing.sensitive)
            if span is not None:
                spots.setdefault(near, Spot(near, span=span))
                break
    return tuple(spots.values())


def harmless(segments: Sequence[Segment], index: int, found: Sequence[Finding]) -> tuple[int, int] | None:
    """The longest words of a segment without numbers and anything sensitive; ``None`` if there are none."""
    text = segments[index].text
    taken = [(one.start, one.end) for one in found if one.index == index]
    taken += [(run.start, run.end) for run in digit_runs(text)]
    edges = [0, *(edge for span in _merged(taken) for edge in span), len(text)]
    free = [_trimmed(text, a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    told = [(a, b) for a, b in free if any(letter.isalpha() for letter in text[a:b])]
    return max(told, key=lambda span: span[1] - span[0], default=None)


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without spaces and punctuation that belonged to the value."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end
