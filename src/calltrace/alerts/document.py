"""What a rule looks for, as a document: conditions, joined by all or any, nested once. No database.

| kind | holds when |
|---|---|
| ``score`` | the score is under or over a number; a call without a score is neither |
| ``criterion`` | a criterion has one of some verdicts |
| ``sentiment`` | a side sounded so |
| ``duration`` | the call lasts longer or shorter |
| ``silence`` | there was more silence than so: in all, at a stretch, or as a share of the call |
| ``keyword`` | one of some words was said, by anybody or by one side |
| ``escalation`` | somebody asked for somebody higher |
| ``sensitive_data`` | data of some kinds was spoken; no kinds: of any |
"""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from calltrace.evaluation.results import Mood, Verdict
from calltrace.evaluation.sensitive_kinds import SensitiveKind
from calltrace.kit.document import Document
from calltrace.kit.words import Words

Join = Literal["all", "any"]
Than = Literal["under", "over"]
Form = Literal["word", "phrase", "stem"]
MOST_CONDITIONS, MOST_WORDS = 20, 50
MOST_WORDS_IN_ALL = 500
"""Of one rule, checked as it is saved: each is looked for in every call."""
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_SPOKEN = re.compile(r"[^\W_]")


class ScoreIs(Document):
    """The score, 0 to 100."""

    kind: Literal["score"]
    operator: Than
    value: float = Field(ge=0, le=100)


class CriterionIs(Document):
    """The verdict on one criterion, named by its key."""

    kind: Literal["criterion"]
    key: Key
    verdicts: list[Verdict] = Field(min_length=1, max_length=5)


class SentimentIs(Document):
    """How a side sounded by its words."""

    kind: Literal["sentiment"]
    speaker: Literal["customer", "agent"] = "customer"
    moods: list[Mood] = Field(min_length=1, max_length=3)


class DurationIs(Document):
    """How long the call lasts, in seconds."""

    kind: Literal["duration"]
    operator: Than
    value: float = Field(ge=0, le=1_000_000)


class SilenceIs(Document):
    """How much silence there was: seconds in all, seconds at a stretch, or a share of 0 to 100 percent."""

    kind: Literal["silence"]
    measure: Literal["total", "longest", "percent"] = "longest"
    value: float = Field(ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _share(self) -> "SilenceIs":
        if self.measure == "percent" and self.value > 100:  # noqa: PLR2004 - percent
            raise ValueError("A share has at most 100 percent.")
        return self


class KeywordSaid(Document):
    """Words: whole ones as written (``word``), several in a row (``phrase``), or by their stem (``stem``).

    Large and small letters are the same. Stems are those of the call's language where there are rules for
    it (en, es, de, fr, pt, it); in other languages words count as they are.
    """

    kind: Literal["keyword"]
    words: list[Phrase] = Field(min_length=1, max_length=MOST_WORDS)
    match: Form = "word"
    speaker: Literal["anyone", "customer", "agent"] = "anyone"

    @model_validator(mode="after")
    def _words(self) -> "KeywordSaid":
        for one in self.words:
            if not _SPOKEN.search(one):
                told = f"Nobody says {one!r}: write letters or digits."
                words = Words("Nobody says “%(said)s”: write letters or digits.", said=one)
                raise ValueError(words.where_programs_read(told))
            if self.match == "word" and len(one.split()) > 1:
                told = f"{one!r} is several words; choose phrase or stem."
                words = Words("“%(said)s” is several words: choose phrase or stem.", said=one)
                raise ValueError(words.where_programs_read(told))
        return self


class Escalated(Document):
    """Somebody asked for somebody higher."""

    kind: Literal["escalation"]


class SensitiveSaid(Document):
    """Data that should not be kept in clear was spoken."""

    kind: Literal["sensitive_data"]
    kinds: list[SensitiveKind] = Field(default_factory=list[SensitiveKind], max_length=30)


Condition = Annotated[
    ScoreIs | CriterionIs | SentimentIs | DurationIs | SilenceIs | KeywordSaid | Escalated | SensitiveSaid,
    Field(discriminator="kind"),
]


class Group(Document):
    """Some conditions within others, such as any of three words."""

    kind: Literal["group"] = "group"
    match: Join = "any"
    conditions: list[Condition] = Field(min_length=1, max_length=MOST_CONDITIONS)


class Conditions(Document):
    """What a rule looks for."""

    match: Join = "all"
    conditions: list[
        Annotated[
            ScoreIs | CriterionIs | SentimentIs | DurationIs | SilenceIs | KeywordSaid | Escalated
            | SensitiveSaid | Group,
            Field(discriminator="kind"),
        ]
    ] = Field(min_length=1, max_length=MOST_CONDITIONS)  # fmt: skip

    @property
    def number_of_words(self) -> int:
        """Words and phrases of all conditions together."""
        groups = [one.conditions if isinstance(one, Group) else [one] for one in self.conditions]
        return sum(len(one.words) for group in groups for one in group if isinstance(one, KeywordSaid))
