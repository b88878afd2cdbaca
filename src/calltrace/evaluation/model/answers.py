"""A model's answers to questions, held against the call: what does not stand there is not taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field, ValidationError

from calltrace.evaluation.model.asks import Ask, Choice
from calltrace.evaluation.model.content import Object
from calltrace.evaluation.model.quotes import find
from calltrace.evaluation.model.view import View, name
from calltrace.scorecards.checks import UNSURE

_MOST_QUOTES = 4


class QuoteDocument(BaseModel):
    """As the model writes it."""

    line: str
    quote: str = Field(max_length=2000)


class AnswerDocument(BaseModel):
    """As the model writes it; whatever else it adds is not read."""

    quotes: list[QuoteDocument] = Field(default_factory=list[QuoteDocument], max_length=20)
    answer: str


@dataclass(frozen=True, slots=True)
class Place:
    """Characters ``start`` to ``end`` of a segment's text as it was shown."""

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that stands; no choice means that the model is unsure."""

    choice: Choice | None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Per criterion a good answer, or what is wrong with it: that is told to nobody but the model."""

    given: Mapping[str, Given]
    wrong: Mapping[str, str]


def read_answers(found: Object, asks: Sequence[Ask], view: View, lines: Sequence[int]) -> Reading:
    """Each question's answer; those nobody asked for are not read."""
    given: dict[str, Given] = {}
    wrong: dict[str, str] = {}
    for ask in asks:
        one = _one(found.get(ask.key), ask, view, lines)
        if isinstance(one, Given):
            given[ask.key] = one
        else:
            wrong[ask.key] = one
    return Reading(given, wrong)


def _one(value: object, ask: Ask, view: View, lines: Sequence[int]) -> Given | str:
    if value is None:
        return "there is no answer to it"
    try:
        said = AnswerDocument.model_validate(value)
    except ValidationError:
        return "it needs quotes (a list of line and quote) and an answer"
    choice = ask.choice(said.answer)
    if choice is None and said.answer != UNSURE:
        return f"its answer must be one of {', '.join(ask.names)}"
    if choice is None or not choice.proven:
        return Given(choice)
    return _proven(choice, said.quotes[:_MOST_QUOTES], ask, view, lines)


def _proven(
    choice: Choice, quotes: Sequence[QuoteDocument], ask: Ask, view: View, lines: Sequence[int]
) -> Given | str:
    known = {name(at): at for at in lines}
    checked = [_place(quote, ask, view, known) for quote in quotes]
    places = tuple(dict.fromkeys(one for one in checked if isinstance(one, Place)))
    if places:
        return Given(choice, places)
    problems = [one for one in checked if isinstance(one, str)]
    return problems[0] if problems else f'"{choice.text}" needs a quote'


def _place(quote: QuoteDocument, ask: Ask, view: View, known: Mapping[str, int]) -> Place | str:
    at = known.get(quote.line)
    if at is None:
        return "it names a line that was not shown"
    if at not in ask.lines:
        return (
            f"{quote.line} cannot prove it: another party says it, or another part of the call is asked for"
        )
    span = find(quote.quote, view.texts[at].text)
    if span is None:
        return f"the quote does not stand in {quote.line}: copy words from that line"
    return Place(at, *span)
