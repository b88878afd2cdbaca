"""How a criterion is decided: one parameter model per kind, told apart by ``kind``.

Only the parameters live here, so that a scorecard can be validated without knowing how a call is
judged; the judging of each kind is ``evaluation/criteria/<kind>.py``. A conformance test holds the
two lists together.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from calltrace.kit.document import Document
from calltrace.scorecards.acts import ACTS_BY_SIDE, Side
from calltrace.scorecards.patterns import checked_pattern

Pattern = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(checked_pattern)]
Utterance = Annotated[str, Field(min_length=2, max_length=300)]
Metric = Literal[
    "longest_silence_seconds",
    "silence_share",
    "agent_talk_share",
    "seconds_to_first_agent_turn",
    "duration_seconds",
    "agent_longest_monologue_seconds",
]


class Cue(Document):
    """Something that a turn of the call may express; any one of its sources is enough.

    Attributes:
        by: whose turns count.
        acts: dialogue acts that the trained recogniser knows (``scorecards/acts.py``).
        not_acts: acts that take a turn out, for instance the opening question from need discovery.
        patterns: word patterns (``scorecards/patterns.py`` says how they are written).
        examples: utterances that mean it, in any language of the call.
        counter_examples: utterances that sound like it and are not it.
    """

    by: Literal["agent", "customer", "anyone"] = "agent"
    acts: list[str] = Field(default_factory=list[str], max_length=8)
    not_acts: list[str] = Field(default_factory=list[str], max_length=8)
    patterns: list[Pattern] = Field(default_factory=list[str], max_length=100)
    examples: list[Utterance] = Field(default_factory=list[str], max_length=50)
    counter_examples: list[Utterance] = Field(default_factory=list[str], max_length=50)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides whose turns may carry this cue."""
        return ("agent", "customer") if self.by == "anyone" else (self.by,)

    @property
    def phrases(self) -> int:
        """How much there is to look for in every turn of a call: patterns and examples."""
        return len(self.patterns) + len(self.examples) + len(self.counter_examples)

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if not (self.acts or self.patterns or self.examples):
            raise ValueError("a cue needs at least one of acts, patterns, examples")
        known = {act for side in self.sides for act in ACTS_BY_SIDE[side]}
        unknown = sorted({*self.acts, *self.not_acts} - known)
        if unknown:
            raise ValueError(f"unknown acts for {self.by}: {', '.join(unknown)}")
        return self


class Window(Document):
    """A part of the call: its first or its last seconds."""

    first_seconds: float | None = Field(default=None, gt=0, le=86400)
    last_seconds: float | None = Field(default=None, gt=0, le=86400)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.first_seconds is None) == (self.last_seconds is None):
            raise ValueError("give exactly one of first_seconds, last_seconds")
        return self


class Said(Document):
    """Met when every cue is expressed within the window; with ``partial`` each cue earns its share."""

    kind: Literal["said"]
    cues: list[Cue] = Field(min_length=1, max_length=6)
    within: Window | None = None
    partial: bool = False


class NotSaid(Document):
    """Met when the cue is expressed nowhere."""

    kind: Literal["not_said"]
    cue: Cue


class Sequence(Document):
    """Met when the cues are expressed in this order; with ``partial`` each step earns its share."""

    kind: Literal["sequence"]
    steps: list[Cue] = Field(min_length=2, max_length=6)
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
    """Met when a measured number lies within ``minimum`` and ``maximum``."""

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


AnyCheck = Said | NotSaid | Sequence | Verification | Hold | Measure
Check = Annotated[AnyCheck, Field(discriminator="kind")]


def cues_of(check: AnyCheck) -> list[Cue]:
    """Every cue of a check, whatever its kind."""
    values = [getattr(check, name) for name in type(check).model_fields]
    several = [value if isinstance(value, list) else [value] for value in values]  # pyright: ignore[reportUnknownVariableType] - any field
    return [cue for cues in several for cue in cues if isinstance(cue, Cue)]  # pyright: ignore[reportUnknownVariableType] - the same
