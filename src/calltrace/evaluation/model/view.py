"""The lines of a call that a model is shown: numbered, with times and roles, and only as many as fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from calltrace.evaluation.evidence import quoted
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.model.shown import Cut, Shown, shown
from calltrace.evaluation.orders import orders_in
from calltrace.evaluation.results import Evidence

ADDRESSED = "left out: addresses the evaluator"
_AROUND = 2
"""Lines on each side of a candidate: a question belongs to its answer."""
_EDGE = 6
"""First and last lines, which are always of interest: who calls why, and how it ends."""


def tokens(text: str) -> int:
    """About as many tokens as ``text`` has, rather too many than too few: three bytes each."""
    return len(text.encode("utf-8", "replace")) // 3 + 1


@dataclass(frozen=True)
class View:
    """A call as a model may see it, by segment. ``redact``: without what is sensitive (``sensitive``)."""

    hearing: Hearing
    redact: bool = True

    @cached_property
    def texts(self) -> tuple[Shown, ...]:
        """The text of each segment, as it is shown."""
        return tuple(shown(one.text, self._cuts(at)) for at, one in enumerate(self.hearing.segments))

    @cached_property
    def addressed(self) -> frozenset[int]:
        """The segments in which somebody speaks to an evaluator."""
        return frozenset(at for at, found in enumerate(self._orders) if found)

    @cached_property
    def _orders(self) -> list[list[tuple[int, int]]]:
        return [orders_in(segment.text) for segment in self.hearing.segments]

    def _cuts(self, at: int) -> list[Cut]:
        orders = [Cut(a, b, ADDRESSED) for a, b in self._orders[at]]
        if not self.redact:
            return orders
        # An order goes first: a value inside it goes with it.
        values = [Cut(one.start, one.end, one.kind) for one in self.hearing.sensitive if one.index == at]
        return orders + [
            one for one in values if not any(c.start < one.end and one.start < c.end for c in orders)
        ]

    def line(self, at: int) -> str:
        """One segment as a line: number, time, who, words."""
        segment = self.hearing.segments[at]
        minutes, seconds = divmod(int(max(segment.start, 0.0)), 60)
        return f"{name(at)} | {minutes:02d}:{seconds:02d} | {segment.speaker} | {self.texts[at].text.strip()}"

    def chosen(self, candidates: Iterable[int], room: int) -> tuple[int, ...]:
        """The segments to show in ``room`` tokens: all, or the edges and what stands around candidates.

        Candidates count in their order: what comes first gets its place first.
        """
        spoken = [at for at, text in enumerate(self.texts) if text.text.strip()]
        costs = {at: tokens(self.line(at)) for at in spoken}
        if sum(costs.values()) <= room:
            return tuple(spoken)
        wanted = [at for candidate in candidates for at in _around(candidate)]
        edges = [at for pair in zip(spoken[:_EDGE], reversed(spoken[-_EDGE:]), strict=False) for at in pair]
        taken: dict[int, None] = {}
        for at in [*wanted, *edges, *spoken]:
            if at in costs and at not in taken and costs[at] <= room:
                taken[at] = None
                room -= costs[at]
        return tuple(sorted(taken))

    def shows_all(self, lines: Sequence[int]) -> bool:
        """Whether nothing that was said is missing among ``lines``."""
        return len(lines) == sum(bool(text.text.strip()) for text in self.texts)

    def rendered(self, lines: Sequence[int]) -> str:
        """``lines`` as a model reads them; what is left out in between is counted."""
        rows: list[str] = []
        before = -1
        for at in lines:
            rows += [f"({at - before - 1} lines left out)"] if at > before + 1 else []
            rows.append(self.line(at))
            before = at
        left = len(self.texts) - before - 1
        return "\n".join(rows + ([f"({left} lines left out)"] if left else []))

    def evidence(self, at: int, start: int, end: int) -> Evidence:
        """Characters ``start`` to ``end`` of a shown text as the words that were really said."""
        a, b = self.texts[at].back(start, end)
        return quoted(self.hearing.segments[at], a, b)


def name(at: int) -> str:
    """What the line of a segment is called towards a model; ids of segments may be anything."""
    return f"L{at + 1}"


def _around(candidate: int) -> list[int]:
    """The candidate, then its neighbours, the nearest first."""
    near = [candidate + sign * step for step in range(1, _AROUND + 1) for sign in (-1, 1)]
    return [candidate, *near]
