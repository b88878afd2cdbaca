"""Evidence: a quote that stands, letter for letter, in its segment, with the time it takes there.

Nobody is believed: neither a trained head nor a language model. ``stands`` is asked for every quote,
and a positive finding without one becomes ``needs_review``.
"""

from collections.abc import Iterable

import numpy as np

from calltrace.evaluation.criteria.base import Spot
from calltrace.evaluation.cues import pattern_spans
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.examples import strength_of
from calltrace.evaluation.results import Evidence
from calltrace.meaning.logistic import Vector
from calltrace.scorecards.cues import Cue
from calltrace.speech.places import places
from calltrace.speech.transcript import Segment

_SHORT = 120
"""Up to this many characters a whole turn is quoted: a reader needs the context more than brevity."""


def evidence(spot: Spot, hearing: Hearing) -> Evidence:
    """The words of the spot's segment that express its cue, and when they were said."""
    a, b = _span(spot, hearing)
    return quoted(hearing.segments[spot.index], a, b)


def quoted(segment: Segment, a: int, b: int) -> Evidence:
    """Characters ``a`` to ``b`` of a segment's text, and when they were said."""
    start, end = _times(segment, a, b)
    return Evidence(segment_id=segment.id, start=start, end=end, quote=segment.text[a:b])


def stands(quoted: Evidence, hearing: Hearing) -> bool:
    """Whether the quote is in the segment it names, at a time within it."""
    return stands_in(quoted, hearing.segments)


def stands_in(quoted: Evidence, segments: Iterable[Segment]) -> bool:
    """The same for segments that nobody has heard through."""
    return bool(quoted.quote.strip()) and any(
        quoted.quote in segment.text and segment.start <= quoted.start <= quoted.end <= segment.end
        for segment in segments
        if segment.id == quoted.segment_id
    )


def once(quotes: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each quote once, in order."""
    return tuple({(one.segment_id, one.start, one.quote): one for one in quotes}.values())


def words_of(segment: Segment, quote: str | None) -> Evidence:
    """Words of a segment as evidence, or all of it; whether they stand in it is for ``stands_in`` to say."""
    words = segment.text.strip() if quote is None else quote
    a = max(segment.text.find(words), 0)
    start, end = _times(segment, a, a + len(words))
    return Evidence(segment_id=segment.id, start=start, end=end, quote=words)


def _span(spot: Spot, hearing: Hearing) -> tuple[int, int]:
    text, found = hearing.segments[spot.index].text, spot.hits
    if spot.span is not None:
        return spot.span
    if found is None:
        return _trimmed(text)
    sentences = hearing.sentences(spot.index)
    matched = pattern_spans(found.cue.patterns, text) if found.rule[spot.index] else []
    if matched:
        return _covering(sentences, matched[0])
    if len(text) <= _SHORT or len(sentences) == 1:
        return _trimmed(text)
    return sentences[int(np.argmax(_sentence_strength(spot.index, found.cue, hearing)))]


def _trimmed(text: str) -> tuple[int, int]:
    start = len(text) - len(text.lstrip())
    return start, max(len(text.rstrip()), start)


def _covering(sentences: list[tuple[int, int]], match: tuple[int, int]) -> tuple[int, int]:
    """The sentences that hold a match; at most the match itself when sentences disagree."""
    touched = [(a, b) for a, b in sentences if a < match[1] and match[0] < b]
    return (min(touched[0][0], match[0]), max(touched[-1][1], match[1])) if touched else match


def _sentence_strength(index: int, cue: Cue, hearing: Hearing) -> Vector:
    strength = np.zeros(len(hearing.sentences(index)))
    if cue.examples:
        strength = np.maximum(strength, strength_of(cue, hearing, hearing.sentence_vectors(index)))
    for side in cue.sides:
        if cue.acts:
            strength = np.maximum(strength, hearing.act_of_sentences(index, side, cue.acts))
    return strength


def _times(segment: Segment, a: int, b: int) -> tuple[float, float]:
    """When characters ``a`` to ``b`` were said: by the words' own times, else the whole segment."""
    spoken = [
        moment
        for word, begin, stop in places(segment)
        if begin < b and stop > a
        for moment in (word.start, word.end)
    ]
    if not spoken:
        return segment.start, segment.end
    return max(min(spoken), segment.start), min(max(spoken), segment.end)
