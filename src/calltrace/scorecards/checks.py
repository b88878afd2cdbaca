"""How a criterion is decided: one parameter model per kind, told apart by ``kind``.

Only the parameters live here, so that a scorecard can be validated without knowing how a call is
judged; the judging of each kind is ``evaluation/criteria/<kind>.py``. A conformance test holds the
two lists together.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from calltrace.kit.document import Document
from calltrace.kit.words import Words
from calltrace.scorecards.cues import Cue, Near, Window, silent, speaks
from calltrace.scorecards.patterns import checked_phrase, phrase_pattern

Phrase = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(checked_phrase)]
Metric = Literal[
    "duration_seconds",
    "silence_seconds",
    "silence_share",
    "longest_silence_seconds",
    "hold_seconds",
    "overlap_seconds",
    "agent_talk_seconds",
    "customer_talk_seconds",
    "agent_talk_share",
    "customer_talk_share",
    "agent_interruptions",
    "customer_interruptions",
    "agent_words_per_minute",
    "customer_words_per_minute",
    "agent_longest_monologue_seconds",
    "customer_longest_monologue_seconds",
    "seconds_to_first_agent_turn",
]
SensitiveKind = Literal[
    "payment_card",
    "cvv",
    "expiry",
    "iban",
    "account_number",
    "national_id",
    "date_of_birth",
    "phone",
    "email",
]
Decided = Literal["met", "partly_met", "not_met", "not_applicable"]
"""Verdicts that decide something: all but ``needs_review``."""
UNSURE = "unsure"
"""What every question may be answered with, beside its own answers."""


class Said(Document):
    """Met when every cue is expressed within the window; with ``partial`` each cue earns its share.

    ``near`` asks for the cues within some seconds of another one, such as empathy after trouble was voiced.
    """

    kind: Literal["said"]
    cues: list[Cue] = Field(min_length=1, max_length=6)
    within: Window | None = None
    near: Near | None = Field(default=None, exclude_if=silent)
    partial: bool = False


class NotSaid(Document):
    """Met when neither the cue nor a phrase of the agent's is expressed anywhere.

    Attributes:
        cue: what must not be expressed, and by whom.
        phrases: words that the agent must not say, as they are spoken; whatever stands between them.
    """

    kind: Literal["not_said"]
    cue: Cue | None = None
    phrases: list[Phrase] = Field(default_factory=list[str], max_length=200, exclude_if=silent)

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.cue is None and not self.phrases:
            raise ValueError("give at least one of cue, phrases")
        return self

    @property
    def cues(self) -> list[Cue]:
        """The cue, and the phrases as one of the agent's."""
        listed = Cue.model_construct(patterns=[phrase_pattern(phrase) for phrase in self.phrases])
        return [*([self.cue] if self.cue else []), *([listed] if self.phrases else [])]


class Sequence(Document):
    """Met when the cues are expressed in this order; with ``partial`` each step earns its share.

    ``max_gap_seconds`` is the most that may lie between the end of one step and the begin of the next.
    """

    kind: Literal["sequence"]
    steps: list[Cue] = Field(min_length=2, max_length=6)
    max_gap_seconds: float | None = Field(default=None, gt=0, le=86400, exclude_if=silent)
    partial: bool = False


class Verification(Document):
    """Met when ``ask`` is answered by ``answer`` before the first ``detail`` is given out."""

    kind: Literal["verification"]
    ask: Cue
    answer: Cue
    detail: Cue


class Hold(Document):
    """Met when each hold is announced by ``ask`` and ended by ``back``; needs a silence or talk of a hold."""

    kind: Literal["hold"]
    min_seconds: float = Field(default=15.0, gt=0, le=3600)
    ask: Cue
    bare: Cue
    back: Cue


class Measure(Document):
    """Met when a measured number (docs/talk-metrics.md) lies within ``minimum`` and ``maximum``."""

    kind: Literal["measure"]
    metric: Metric
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("give at least one of minimum, maximum")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")
        return self


class Answer(Document):
    """One of the answers to a question, and what it is worth.

    Attributes:
        text: the answer; a judge names it by these very words.
        verdict: what it means for the criterion. ``share``: the part of the points that it earns.
            Exactly one of the two is given.
    """

    text: str = Field(min_length=1, max_length=200)
    verdict: Literal["met", "not_met", "not_applicable"] | None = None
    share: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.verdict is None) == (self.share is None):
            raise ValueError("give exactly one of verdict, share")
        return self

    @property
    def meaning(self) -> Decided:
        """The verdict that this answer is."""
        if self.verdict is not None:
            return self.verdict
        return {0.0: "not_met", 1.0: "met"}.get(self.share or 0.0, "partly_met")  # pyright: ignore[reportReturnType] - the three are verdicts


class Question(Document):
    """A closed question: a model or a person picks one of the answers.

    Attributes:
        question: can be answered from the call alone.
        answers: all that there are, in the order in which they are offered.
        absence: earning points means that something was *not* said, which no quote can show.
    """

    kind: Literal["question"]
    question: str = Field(min_length=5, max_length=500)
    answers: list[Answer] = Field(min_length=2, max_length=8)
    absence: bool = False

    @model_validator(mode="after")
    def _decides_something(self) -> Self:
        texts = [answer.text.casefold().strip() for answer in self.answers]
        if len(set(texts)) < len(texts):
            raise ValueError("answers must differ")
        if UNSURE in texts:
            raise ValueError(
                Words(
                    '"%(unsure)s" is an answer of every question already: it leads to a person', unsure=UNSURE
                )
            )
        if len({(answer.meaning, answer.share) for answer in self.answers}) == 1:
            raise ValueError("every answer is worth the same: the question would decide nothing")
        if all(answer.meaning in ("not_met", "not_applicable") for answer in self.answers):
            raise ValueError("no answer earns any points")
        return self


class SensitiveData(Document):
    """Met when none of ``kinds`` is spoken; ``only_by`` names the side that may speak them all the same."""

    kind: Literal["sensitive_data"]
    kinds: list[SensitiveKind] = Field(min_length=1, max_length=9)
    only_by: Literal["nobody", "agent", "customer"] = "nobody"


class SentimentChange(Document):
    """How the customer's mood, by words, changes from the first to the last third of his turns.

    ``better`` does not apply to customers who begin without trouble; ``not_worse`` applies to all.
    """

    kind: Literal["sentiment_change"]
    expect: Literal["better", "not_worse"] = "not_worse"


AnyCheck = (
    Said | NotSaid | Sequence | Verification | Hold | Measure | Question | SensitiveData | SentimentChange
)
Check = Annotated[AnyCheck, Field(discriminator="kind")]


def cues_of(check: AnyCheck) -> list[Cue]:
    """Every cue of a check, whatever its kind."""
    return list(check.cues) if isinstance(check, NotSaid) else list(_cues(check))


def _cues(value: Any) -> Iterator[Cue]:
    if isinstance(value, Cue):
        yield value
    elif isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType] - any field
            yield from _cues(one)
    elif isinstance(value, Document):
        for name in type(value).model_fields:
            yield from _cues(getattr(value, name))


def spoken(check: AnyCheck, language: str) -> AnyCheck | None:
    """``check`` for a call in ``language``: without the cues that are not meant for it.

    One of several cues, or steps, is left out; without a cue that it cannot do without there is nothing
    to judge, and ``None`` comes back.
    """
    if all(speaks(cue.languages, language) for cue in cues_of(check)):
        return check
    match check:
        case Said() if check.near is None or speaks(check.near.cue.languages, language):
            cues = _spoken(check.cues, language)
            return check.model_copy(update={"cues": cues}) if cues else None
        case NotSaid() if check.phrases:
            return check.model_copy(update={"cue": None})
        case Sequence():
            steps = _spoken(check.steps, language)
            return check.model_copy(update={"steps": steps}) if steps else None
        case _:
            return None


def _spoken(cues: list[Cue], language: str) -> list[Cue]:
    return [cue for cue in cues if speaks(cue.languages, language)]
