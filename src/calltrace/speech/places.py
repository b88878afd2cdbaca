"""Where the words of a segment stand in its text, and so when a part of the text was said."""

from collections.abc import Iterator

from calltrace.speech.transcript import Segment, Word

Placed = tuple[Word, int, int]
"""A word, and from where to where it stands in the text of its segment, in characters."""


def places(segment: Segment) -> Iterator[Placed]:
    """The words that stand in the text, in order; one that does not is left out."""
    position = 0
    for word in segment.words:
        text = word.text.strip()
        found = segment.text.find(text, position) if text else -1
        if found >= 0:
            position = found + len(text)
            yield word, found, position


def complete(segment: Segment) -> list[Placed] | None:
    """The same, if the text is these words and the spaces between them and nothing else."""
    found = list(places(segment))
    edges = [0, *(edge for _word, start, end in found for edge in (start, end)), len(segment.text)]
    between = (segment.text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
    is_whole = len(found) == len(segment.words) and not any(gap.strip() for gap in between)
    return found if found and is_whole else None
