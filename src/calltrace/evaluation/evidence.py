"""Evidence: a quote that stands, letter for letter, in its segment, with the time it takes there.

Nobody is believed: neither a trained head nor a language model. ``stands`` is asked for every quote,
and a positive finding without one becomes ``needs_review``.
"""

import numpy as np

from calltrace.evaluation.criteria.base import Spot
from calltrace.evaluation.cues import pattern_spans
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.examples import part_strength
from calltrace.evaluation.results import Evidence
from calltrace.meaning.logistic import Vector
from calltrace.speech.places import places
from calltrace.speech.transcript import Segment

_SHORT = 120
"""Up to this many characters a whole turn is quoted: a reader needs the context more than brevity."""


def evidence(spot: Spot, hearing: Hearing) -> Evidence:
    """The words of the spot's segment that express its cue, and when they were said."""
    segment = hearing.segments[spot.index]
    a, b = _span(spot, hearing)
    start, end = _times(segment, a, b)
    return Evidence(segment_id=segment.id, start=start, end=end, quote=segment.text[a:b])


def stands(quoted: Evidence, hearing: Hearing) -> bool:
    """Whether the quote is in the segment it names, at a time within it."""
    return bool(quoted.quote.strip()) and any(
        quoted.quote in segment.text and segment.start <= quoted.start <= quoted.end <= segment.end
        for segment in hearing.segments
        if segment.id == quoted.segment_id
    )


def _span(spot: Spot, hearing: Hearing) -> tuple[int, int]:
    text = hearing.segments[spot.index].text
    sentences = hearing.sentences(spot.index)
    matched = pattern_spans(spot.hits.cue.patterns, text) if spot.hits.rule[spot.index] else []
    if matched:
        return _covering(sentences, matched[0])
    if len(text) <= _SHORT or len(sentences) == 1:
        return _trimmed(text)
    return sentences[int(np.argmax(_sentence_strength(spot, hearing, sentences)))]


def _trimmed(text: str) -> tuple[int, int]:
    start = len(text) - len(text.lstrip())
    return start, max(len(text.rstrip()), start)


def _covering(sentences: list[tuple[int, int]], match: tuple[int, int]) -> tuple[int, int]:
    """The sentences that hold a match; at most the match itself when sentences disagree."""
    touched = [(a, b) for a, b in sentences if a < match[1] and match[0] < b]
    return (min(touched[0][0], match[0]), max(touched[-1][1], match[1])) if touched else match


def _sentence_strength(spot: Spot, hearing: Hearing, sentences: list[tuple[int, int]]) -> Vector:
    cue, text = spot.hits.cue, hearing.segments[spot.index].text
    parts = [text[a:b] for a, b in sentences]
    strength = np.zeros(len(parts))
    if cue.examples:
        strength = np.maximum(strength, part_strength(cue, hearing, parts))
    for side in cue.sides:
        if cue.acts:
            strength = np.maximum(strength, hearing.act_of_part(spot.index, parts, side, cue.acts))
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
