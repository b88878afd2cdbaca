"""The scorecard document: what a call is held against. Points in, no verdicts: those are ``evaluation``'s."""

from typing import Annotated, Literal, Self
from uuid import UUID, uuid5

from pydantic import Field, model_validator

from calltrace.kit.document import Document
from calltrace.kit.words import Words
from calltrace.scorecards.checks import Check, Decided, cues_of
from calltrace.scorecards.cues import Cue, Language, silent
from calltrace.scorecards.errors import MisplacedError

SCORECARDS = UUID("0b3e2a5e-6c1f-5f0e-9d55-6d1d6a3f7c10")
"""Namespace of ids that are derived from a scorecard's key."""

MOST_PHRASES = 2000
"""Patterns and examples of one scorecard: each takes milliseconds of every evaluation."""

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class OnlyIf(Document):
    """A criterion applies only where another one, by its key, has this verdict, or one of these."""

    criterion: Key
    verdict: Decided | Annotated[list[Decided], Field(min_length=1, max_length=4)]

    @property
    def verdicts(self) -> tuple[Decided, ...]:
        """All that will do."""
        return tuple(self.verdict) if isinstance(self.verdict, list) else (self.verdict,)


class Criterion(Document):
    """One question about the call and what its answer is worth.

    Attributes:
        points: what ``met`` earns.
        critical: ``not_met`` fails the whole scorecard (``true``: score 0, not passed) or its section
            (``section``: the section earns nothing).
        threshold: a result that is less sure than this (0 to 1) becomes ``needs_review``, in place of the
            scorecard's ``review_threshold``.
        languages: ISO 639-1 codes; not applicable to calls in another language. Empty means any.
        only_if: not applicable unless another criterion has a verdict.
        bonus: earns on top and never counts into the divisor.
        disclosure: a mandatory disclosure, for views that list them.
        applies_when: not applicable to calls in which this is not expressed.
        check: how it is decided.
        advice: what to recommend when it is missed.
    """

    key: Key
    name: Name
    points: float = Field(gt=0, le=1000)
    critical: bool | Literal["section"] = False
    bonus: bool = False
    disclosure: bool = False
    threshold: float | None = Field(default=None, ge=0, le=1, exclude_if=silent)
    languages: list[Language] = Field(default_factory=list[str], max_length=50, exclude_if=silent)
    only_if: OnlyIf | None = Field(default=None, exclude_if=silent)
    applies_when: Cue | None = None
    check: Check
    advice: str = Field(default="", max_length=500)


class Section(Document):
    """Criteria that belong together. ``weight``: see ``docs/evaluation.md``; in all sections or in none."""

    name: Name
    weight: float | None = Field(default=None, gt=0, le=1000)
    criteria: list[Criterion] = Field(min_length=1, max_length=100)


class Scorecard(Document):
    """One version of a scorecard; an evaluation is pinned to it by ``id`` and ``version``.

    Attributes:
        languages: ISO 639-1 codes it is meant for; empty means any. What rests on words is ``needs_review``
            in calls in another language.
        pass_mark: the score from which a call passes, 0 to 100.
        review_threshold: results that are less sure than this (0 to 1) become ``needs_review``.
        critical_threshold: the same for a critical criterion that would fail the whole call: that takes more.
    """

    key: Key
    id: UUID = Field(default_factory=lambda data: uuid5(SCORECARDS, str(data.get("key", ""))))
    name: Name
    description: str = Field(default="", max_length=2000)
    version: int = Field(default=1, ge=1)
    languages: list[Language] = Field(default_factory=list[str], max_length=50)
    pass_mark: float = Field(default=70, ge=0, le=100)
    review_threshold: float = Field(default=0.6, ge=0, le=1)
    critical_threshold: float = Field(default=0.9, ge=0, le=1)
    sections: list[Section] = Field(min_length=1, max_length=50)

    @property
    def criteria(self) -> list[Criterion]:
        """All criteria in order."""
        return [criterion for section in self.sections for criterion in section.criteria]

    @property
    def phrases(self) -> int:
        """How many patterns and examples there are in all."""
        cues = [cue for criterion in self.criteria for cue in cues_of(criterion.check)]
        cues += [criterion.applies_when for criterion in self.criteria if criterion.applies_when]
        return sum(cue.phrases for cue in cues)

    @property
    def in_order(self) -> list[Criterion]:
        """All criteria, each after the one that it depends on (``only_if``)."""
        return sorted(self.criteria, key=lambda criterion: len(self._chain(criterion)))

    def _chain(self, criterion: Criterion) -> list[str]:
        """Keys of what ``criterion`` depends on, the nearest first; a key twice means a circle."""
        by_key = {one.key: one for one in self.criteria}
        chain: list[str] = []
        while criterion.only_if and criterion.only_if.criterion in by_key and len(chain) <= len(by_key):
            chain.append(criterion.only_if.criterion)
            criterion = by_key[chain[-1]]
        return chain

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_places()
        if len({section.weight is None for section in self.sections}) > 1:
            raise ValueError("give every section a weight, or none")
        if all(criterion.bonus for criterion in self.criteria):
            raise ValueError("at least one criterion must not be a bonus")
        if self.phrases > MOST_PHRASES:
            raise ValueError(
                Words(
                    "at most %(most)s patterns and examples in all; here are %(here)s",
                    most=MOST_PHRASES,
                    here=self.phrases,
                )
            )
        return self

    def _check_places(self) -> None:
        """Keys differ, and conditions name other criteria without going round in circles."""
        keys: set[str] = set()
        known = {criterion.key for criterion in self.criteria}
        for i, section in enumerate(self.sections):
            for j, one in enumerate(section.criteria):
                place = f"/sections/{i}/criteria/{j}"
                if one.key in keys:
                    differ = Words("criterion keys must differ: %(key)s", key=one.key)
                    raise MisplacedError(f"{place}/key", differ)
                keys.add(one.key)
                if one.only_if and one.only_if.criterion not in known:
                    unknown = Words("there is no criterion %(key)s", key=one.only_if.criterion)
                    raise MisplacedError(f"{place}/only_if/criterion", unknown)
                chain = self._chain(one)
                if one.key in chain:
                    circle = " -> ".join([one.key, *chain[: chain.index(one.key) + 1]])
                    words = Words("conditions go in a circle: %(circle)s", circle=circle)
                    raise MisplacedError(f"{place}/only_if/criterion", words)
