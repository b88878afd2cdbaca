"""Summary and advice in a model's words, as far as they hold up: each sentence is checked, or dropped.

Checked is what code can check: the lines a sentence rests on exist, its numbers and names stand in the
transcript, it begins as it should, and it is a plain sentence. Whether it means what those lines mean is not.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic import BaseModel, Field, ValidationError

from calltrace.evaluation.model.advice import Session
from calltrace.evaluation.model.content import Object
from calltrace.evaluation.model.errors import OutOfTimeError, UnusableAnswerError
from calltrace.evaluation.model.prompts import VERSION, telling, telling_schema
from calltrace.evaluation.model.talk import Talk, talking
from calltrace.evaluation.model.view import View, name
from calltrace.evaluation.orders import orders_in
from calltrace.evaluation.results import CriterionResult
from calltrace.evaluation.spoken_numbers import digit_runs
from calltrace.kit.errors import CallTraceError
from calltrace.scorecards.patterns import plain

_OPENINGS = ("The customer ", "The agent ", "The call ")
_MOST_CHARACTERS, _MOST_STEPS, _MOST_LINES = 300, 3, 5
_REPLY = 700
_NO_SENTENCE = re.compile(r"[<>{}\[\]|`*_#@\\]|https?:|www\.|[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"\b[^\W\d_]*[A-Z\u00c0-\u00de][^\W\d_]*(?:['\u2019-][^\W\d_]+)*")
_OWN_NAMES = frozenset({"the", "i", "customer", "agent", "call"})

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SentenceDocument(BaseModel):
    """As the model writes it."""

    text: str
    lines: list[str] = Field(min_length=1, max_length=_MOST_LINES)


class AdviceDocument(SentenceDocument):
    """The same, about a criterion."""

    criterion: str


class TellingDocument(BaseModel):
    """As the model writes it; whatever else it adds is not read."""

    reason: SentenceDocument
    outcome: SentenceDocument
    nextSteps: list[SentenceDocument] = Field(default_factory=list[SentenceDocument], max_length=20)  # noqa: N815 - the wire's name
    coaching: list[AdviceDocument] = Field(default_factory=list[AdviceDocument], max_length=100)


@dataclass(frozen=True, slots=True)
class Told:
    """What held up; empty parts did not, or were not there. ``coaching`` by criterion."""

    reason: str = ""
    outcome: str = ""
    next_steps: tuple[str, ...] = ()
    coaching: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def words(self) -> bool:
        """Whether any sentence of the summary is a model's."""
        return bool(self.reason or self.outcome or self.next_steps)


async def tell(session: Session, results: Sequence[CriterionResult]) -> Told:
    """Ask for summary and advice, or recall them. Empty where a model cannot be had or believed."""
    view = session.view
    if view.addressed:
        return Told()
    missed = {one.key: one.name for one in results if one.verdict in ("not_met", "partly_met")}
    spots = [at for one in results for quote in one.evidence for at in _segments(view, quote.segment_id)]
    lines = view.chosen(spots, session.room)
    transcript, facts = view.rendered(lines), _facts(missed)
    choice = session.server.choice
    content = json.dumps([choice.url, choice.model, VERSION, facts, transcript])
    known = session.server.memory.recall(content)
    if known is not None:
        return _read(json.loads(known), missed, view, lines)
    found: list[Object] = []

    async def ask() -> None:
        async with talking(session.server, session.purse) as talk:
            found.append(await _twice(talk, facts, transcript, list(missed), lines))

    try:
        if not await session.within(ask()):
            raise OutOfTimeError("the time for this call is over")
    except (CallTraceError, UnusableAnswerError) as error:
        log.warning("llm_summary_failed", reason=getattr(error, "code", "unusable"))
        return Told()
    told = _read(found[0], missed, view, lines)
    if told.reason or told.outcome:
        session.server.memory.keep(content, json.dumps(found[0]))
    return told


def _segments(view: View, segment_id: str) -> list[int]:
    return [at for at, one in enumerate(view.hearing.segments) if one.id == segment_id]


def _facts(missed: Mapping[str, str]) -> str:
    rows = [f"- {key}: {title}" for key, title in missed.items()]
    return "\n".join(["Missed criteria:", *rows]) if rows else "No criterion was missed: no coaching."


async def _twice(
    talk: Talk, facts: str, transcript: str, missed: Sequence[str], lines: Sequence[int]
) -> Object:
    """Ask, and once more if the answer has not the right form."""
    messages, schema = telling(facts, transcript), telling_schema(missed, lines)
    try:
        return _formed(await talk.ask(messages, schema, _REPLY))
    except UnusableAnswerError as error:
        return _formed(await talk.again(messages, error.said, error.why, schema, _REPLY))


def _formed(found: Object) -> Object:
    try:
        TellingDocument.model_validate(found)
    except ValidationError as error:
        raise UnusableAnswerError("it has not the form that was asked for") from error
    return found


def _read(found: Any, missed: Mapping[str, str], view: View, lines: Sequence[int]) -> Told:
    document = TellingDocument.model_validate(found)
    names = frozenset(name(at) for at in lines)
    words = _Words.of(view)

    def good(one: SentenceDocument, openings: Sequence[str] = _OPENINGS) -> str:
        return one.text.strip() if set(one.lines) <= names and words.allow(one.text.strip(), openings) else ""

    steps = (good(one) for one in document.nextSteps[:_MOST_STEPS])
    advice = {
        one.criterion: good(one, ("The agent ",)) for one in document.coaching if one.criterion in missed
    }
    return Told(
        good(document.reason),
        good(document.outcome),
        tuple(dict.fromkeys(one for one in steps if one)),
        {key: text for key, text in advice.items() if text},
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """What was said, as far as a model was shown it: its words, and its numbers as digits."""

    words: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, view: View) -> "_Words":
        texts = [one.text for one in view.texts]
        words = {word for text in texts for word in re.findall(r"[^\W\d_]+", plain(text))}
        runs = {run.digits for text in texts for run in digit_runs(text)}
        return cls(frozenset(words), frozenset(runs | {n for text in texts for n in _NUMBER.findall(text)}))

    def allow(self, text: str, openings: Sequence[str]) -> bool:
        """Whether a sentence is one that may be shown."""
        return (
            text.startswith(tuple(openings))
            and len(text) <= _MOST_CHARACTERS
            and not _NO_SENTENCE.search(text)
            and not orders_in(text)
            and all(number in self.numbers for number in self._numbers(text))
            and all(self._said(one) for one in _NAME.findall(text))
        )

    def _numbers(self, text: str) -> set[str]:
        """Numbers in digits, and those in words of more than one digit: "one" alone is mostly no number."""
        spoken = {run.digits for run in digit_runs(text) if len(run.digits) > 1}
        return {*_NUMBER.findall(text), *spoken}

    def _said(self, title: str) -> bool:
        parts = re.findall(r"[^\W\d_]+", plain(title))
        return all(part in self.words or part in _OWN_NAMES or part == "s" for part in parts)
