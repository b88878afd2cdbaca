"""What the written rules miss of sensitive values, by what labelled calls teach of each word.

A word belongs to a value if its own features say so (``sensitive_tokens``, logistic regression), all words
of a number together; beside a value a weaker sign is enough, since values are told in one go. The weights
are those of ``scripts/train_sensitive.py``; without labels of its own a company needs no others.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from calltrace.evaluation.sensitive_tokens import Known, Token, tokens
from calltrace.evaluation.sensitive_turn import Finding, Place, Turn, by_turn
from calltrace.evaluation.spelled import HOUR
from calltrace.evaluation.spoken_numbers import Run, digit_of
from calltrace.meaning.sparse_logistic import chance

Weights = Mapping[str, float]
SURE, BESIDE = 0.5, 0.15
"""Probabilities from which on a word is of a value: by itself, and right beside one."""
_GAP = re.compile(r"[\s,.'\u2019\u2026/-]*")
_AT = re.compile(r"\b(?:at|um|as|alle|a las|a la|gegen|vers|verso|por volta das) $")
_BEFORE, _HOUR_DIGITS = 20, 4
_OF_NUMBERS = (
    "payment_card", "cvv", "expiry", "iban", "date_of_birth", "national_id", "phone", "account_number",
)  # fmt: skip
"""What a number may be, the surest question first."""
_OF_WORDS = ("email", "address")


@cache
def shipped_weights() -> Weights:
    """The weights that ship with the product."""
    text = (files("calltrace.evaluation") / "data" / "sensitive.json").read_text("utf-8")
    weights: dict[str, float] = json.loads(text)["weights"]
    return weights


def completed(heard: Sequence[Turn], found: Sequence[Finding], weights: Weights) -> list[Finding]:
    """``found`` by rules, each to its end, and the values that they missed."""
    places = by_turn(found)
    known, before = Known(), list[Finding]()
    result: list[Finding] = []
    for turn in heard:
        here = sorted(places[turn.index], key=lambda one: one.start)
        learned = _learned(turn, list(tokens(turn, here, known)), here, weights)
        result += _joined(turn, here, [turn.found(_kind(turn, place, before), *place) for place in learned])
        known.hear(turn, here)
        before = here
    return result


def _learned(turn: Turn, said: Sequence[Token], here: Sequence[Finding], weights: Weights) -> list[Place]:
    """Places of words that are of a value and that no rule found."""
    chances = _chances(turn, said, weights)
    taken = list(_taken(said, here))
    is_value = [
        not one.of_thing if one else chance >= SURE for one, chance in zip(taken, chances, strict=True)
    ]
    for order, step in ((range(1, len(said)), -1), (range(len(said) - 2, -1, -1), 1)):
        for at in order:
            beside = is_value[at + step] and _is_beside(turn, said[at], said[at + step])
            if taken[at] is None and beside and chances[at] >= BESIDE:
                is_value[at] = True
    return [
        (word.start, word.end)
        for word, one, is_one in zip(said, taken, is_value, strict=True)
        if is_one and one is None
    ]


def _taken(said: Sequence[Token], here: Sequence[Finding]) -> Iterator[Finding | None]:
    """What the rules found on each word; both are in the order of the turn."""
    at = 0
    for word in said:
        while at < len(here) and here[at].end <= word.start:
            at += 1
        yield here[at] if at < len(here) and here[at].start < word.end else None


def _joined(turn: Turn, here: Sequence[Finding], more: Sequence[Finding]) -> list[Finding]:
    """What stands side by side is one value, of the kind that a rule gives it."""
    joined = list[tuple[Finding, bool]]()
    for start, by_rule, one in sorted(
        [(one.start, True, one) for one in here] + [(one.start, False, one) for one in more],
        key=lambda item: item[:2],
    ):
        last, last_by_rule = joined[-1] if joined else (None, False)
        if not last or last.of_thing or one.of_thing or not _touches(turn, last.end, start):
            joined.append((one, by_rule))
        elif not by_rule:
            joined[-1] = (replace(last, end=one.end), last_by_rule)
        elif not last_by_rule:
            joined[-1] = (replace(one, start=last.start), True)
        else:
            joined.append((one, True))
    return [one for one, _ in joined]


def _chances(turn: Turn, said: Sequence[Token], weights: Weights) -> list[float]:
    """How likely each word is of a value: those of one number as they are together.

    Little words never are, nor what names a number.
    """
    names = _names_of_numbers(turn)
    chances = [
        0.0
        if word.is_little or (names[word.start] and names[word.end - 1])
        else chance(word.features(), weights)
        for word in said
    ]
    numbers = defaultdict[Place, list[int]](list)
    for at, word in enumerate(said):
        if word.run:
            numbers[word.run.start, word.run.end].append(at)
    for together in numbers.values():
        run = said[together[0]].run
        mean = sum(chances[at] for at in together) / len(together)
        if run is None or turn.is_amount(run) or turn.is_count(run) or _is_time(turn, run):
            mean = 0.0
        for at in together:
            chances[at] = mean
    return chances


def _names_of_numbers(turn: Turn) -> bytearray:
    """For each character whether it names a number: ``the CPF is``."""
    names = bytearray(len(turn.text))
    for kind in _OF_NUMBERS:
        for start, end in turn.own.get(kind, ()):
            names[start:end] = b"\1" * (end - start)
    return names


def _is_time(turn: Turn, run: Run) -> bool:
    """``8 h 12``; ``I called at 10``."""
    near = HOUR.finditer(turn.readable, max(run.start - _BEFORE, 0), run.end + _BEFORE)
    hour = any(one.start() < run.end and run.start < one.end() for one in near)
    before = _AT.search(turn.readable, max(run.start - _BEFORE, 0), run.start)
    return hour or (before is not None and len(run.digits) <= _HOUR_DIGITS)


def _is_beside(turn: Turn, one: Token, other: Token) -> bool:
    first, last = sorted((one, other), key=lambda word: word.start)
    return _GAP.fullmatch(turn.text, first.end, last.start) is not None


def _touches(turn: Turn, end: int, start: int) -> bool:
    return end <= start and _GAP.fullmatch(turn.text, end, start) is not None


def _kind(turn: Turn, place: Place, before: Sequence[Finding]) -> str:
    """What was asked for or named; else what the turn before told, of which this is a part."""
    kinds = _OF_NUMBERS if _has_number(turn, place) else _OF_WORDS
    return next(_likely(turn, place, before, kinds), kinds[-1])


def _likely(turn: Turn, place: Place, before: Sequence[Finding], kinds: Sequence[str]) -> Iterator[str]:
    yield from (kind for kind in kinds if turn.near(kind, place[0]))
    yield from (kind for kind in kinds if turn.answers(kind, 1))
    yield from (one.kind for one in before if one.kind in kinds)


def _has_number(turn: Turn, place: Place) -> bool:
    words = re.findall(r"[^\W_]+", turn.readable[slice(*place)])
    return any(len(word) == 1 or word[0].isdigit() or digit_of(word) is not None for word in words)
