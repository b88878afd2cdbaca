"""What a turn of a call may express, in which part of a call, and in which languages it is looked for.

A later field is left out of a stored document where it says nothing (``silent``): then old documents, and
the heads that were trained on them (``evaluation/judges/heads.py``), stay what they are.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from calltrace.kit.document import Document
from calltrace.kit.words import Words
from calltrace.scorecards.acts import ACTS_BY_SIDE, Side
from calltrace.scorecards.patterns import checked_pattern

Pattern = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(checked_pattern)]
Utterance = Annotated[str, Field(min_length=2, max_length=300)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
"""ISO 639-1, lower case."""


def silent(value: object) -> bool:
    """Whether an optional field says nothing."""
    return value is None or value == []


def speaks(languages: Sequence[str], language: str) -> bool:
    """Whether something that is limited to ``languages`` is meant for a call in ``language``.

    Without a limit it is meant for any; a call in a language that nobody knows (``und``) fits.
    """
    spoken = language.casefold().replace("_", "-").partition("-")[0]
    return not languages or spoken in ("", "und") or spoken in languages


class Cue(Document):
    """Something that a turn of the call may express; any one of its sources is enough.

    Attributes:
        by: whose turns count.
        acts: dialogue acts that the trained recogniser knows (``scorecards/acts.py``).
        not_acts: acts that take a turn out, for instance the opening question from need discovery.
        patterns: word patterns (``scorecards/patterns.py`` says how they are written).
        examples: utterances that mean it, in any language of the call.
        counter_examples: utterances that sound like it and are not it.
        languages: only looked for in calls in these; empty means in all.
    """

    by: Literal["agent", "customer", "anyone"] = "agent"
    acts: list[str] = Field(default_factory=list[str], max_length=8)
    not_acts: list[str] = Field(default_factory=list[str], max_length=8)
    patterns: list[Pattern] = Field(default_factory=list[str], max_length=100)
    examples: list[Utterance] = Field(default_factory=list[str], max_length=50)
    counter_examples: list[Utterance] = Field(default_factory=list[str], max_length=50)
    languages: list[Language] = Field(default_factory=list[str], max_length=50, exclude_if=silent)

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
            raise ValueError(Words("unknown acts for %(by)s: %(acts)s", by=self.by, acts=", ".join(unknown)))
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


class Near(Document):
    """Within some seconds of another cue.

    Attributes:
        cue: what has to be expressed first; a call without it gives no occasion.
        seconds: the most that may lie between the end of the one and the begin of the other.
        when: on which side of ``cue``; what is said in the same turn counts for either.
    """

    cue: Cue
    seconds: float = Field(gt=0, le=3600)
    when: Literal["after", "before", "either"] = "after"
