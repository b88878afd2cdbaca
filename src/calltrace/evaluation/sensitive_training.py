"""Learning which words belong to sensitive values, from labelled calls."""

from collections.abc import Iterator, Sequence

from calltrace.evaluation.labelled import LabelledCall
from calltrace.evaluation.sensitive import by_rules
from calltrace.evaluation.sensitive_learned import Weights
from calltrace.evaluation.sensitive_tokens import Known, Token, tokens
from calltrace.evaluation.sensitive_turn import Finding, by_turn
from calltrace.meaning.sparse_logistic import BIAS, fit

_PENALTY = 10.0
_LEAST_ROWS = 4
_LEAST_WEIGHT = 0.02
"""What is less moves no word over a bar; three of four weights are."""
_DIGITS = 2

Example = tuple[Sequence[str], bool]


def examples(call: LabelledCall) -> Iterator[Example]:
    """Each word that may be of a value: its features, and whether a labelled value has it."""
    heard, found = by_rules(call.transcript.segments)
    told, labelled = by_turn(found), by_turn(one for one in call.sensitive if one.kind != "person_name")
    known = Known()
    for turn in heard:
        for word in tokens(turn, told[turn.index], known):
            yield tuple(word.features()), _is_of(word, labelled[turn.index])
        known.hear(turn, told[turn.index])


def learn(taught: Sequence[Example]) -> Weights:
    """Weights, without those that decide nothing."""
    rows, answers = [row for row, _ in taught], [answer for _, answer in taught]
    weights = fit(rows, answers, penalty=_PENALTY, least=_LEAST_ROWS)
    return {
        name: round(weight, _DIGITS)
        for name, weight in weights.items()
        if abs(weight) >= _LEAST_WEIGHT or name == BIAS
    }


def _is_of(word: Token, values: Sequence[Finding]) -> bool:
    return any(word.start < one.end and one.start < word.end for one in values)
