"""What was found in one turn: of findings that overlap the first one stays."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

from calltrace.evaluation.sensitive_turn import Finding, Place


class Taken:
    """The findings of one turn, none over another."""

    def __init__(self, found: Sequence[Finding]) -> None:
        self.found = list(found)
        self._places = sorted((one.start, one.end) for one in found)

    def add(self, new: Finding) -> None:
        """Keep it if its place is free."""
        if self.is_free(new.start, new.end):
            self.found.append(new)
            insort(self._places, (new.start, new.end))

    def gaps(self, start: int, end: int) -> Iterator[Place]:
        """What is free from ``start`` to ``end``, in order."""
        for first, last in [place for place in self._places if place[0] < end and start < place[1]]:
            if first > start:
                yield start, first
            start = max(start, last)
        if start < end:
            yield start, end

    def claim(self, new: Finding) -> None:
        """Keep it also in the place of what was taken for the number of a thing."""
        things = [one for one in self.found if one.of_thing and new.start <= one.start and one.end <= new.end]
        for one in things:
            self.found.remove(one)
            self._places.remove((one.start, one.end))
        self.add(new)

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing was found there."""
        at = bisect_left(self._places, (end,))
        return at == 0 or self._places[at - 1][1] <= start
