"""From words to segments: what a person would call one turn, or one long sentence of it.

A recogniser's words begin late and end early; where speech was heard around them, it belongs to them. So a
segment reaches to the edges of the speech that its words are in, and only silence ends it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.windows import Stretch

_PAUSE_SECONDS = 0.6
"""Between two stretches of speech, which are padded by 0.2 s: a pause of one second ends a segment."""
_REACH_SECONDS = 1.0
"""Speech further from a word than this is something that the recogniser did not make words of."""
_COMFORTABLE_SECONDS = 8.0
"""From here on the end of a sentence ends a segment."""
_LONGEST_SECONDS = 16.0
"""Longer segments are cut at their widest gap."""
SENTENCE_END = (".", "?", "!", "。", "？", "！", "…")  # noqa: RUF001 - full-width marks are meant

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of one voice on one channel (at least one), and the speech that they are: seconds of the call."""

    words: tuple[HeardWord, ...]
    start: float
    end: float

    @property
    def channel(self) -> int:
        """Where it was said."""
        return self.words[0].channel

    @property
    def voice(self) -> int:
        """Who said it, counted on its channel; 0 where voices were not told apart."""
        return self.words[0].voice or 0

    @property
    def text(self) -> str:
        """The words as a line of text, with spaces where the language has them."""
        parts = [word.text if word.glued else f" {word.text}" for word in self.words]
        return "".join(parts).strip()


def phrases(words: Sequence[HeardWord], speech: Sequence[Stretch]) -> list[Phrase]:
    """Words of one channel, in order, as segments.

    Args:
        words: what was said on the channel.
        speech: where somebody speaks on it, in order; a word outside of it stands alone.
    """
    edges = _edges(words, speech)
    found: list[Phrase] = []
    first = 0
    for last in range(1, len(words) + 1):
        if last == len(words) or _ends_before(words, edges, first, last):
            found += [
                Phrase(tuple(words[start:end]), edges[start][0], edges[end - 1][1])
                for start, end in _short_enough(words, first, last)
            ]
            first = last
    return found


def _edges(words: Sequence[HeardWord], speech: Sequence[Stretch]) -> list[Span]:
    """From where to where each word and the speech around it go, at most halfway to the next word."""
    starts = [stretch.start for stretch in speech]
    found: list[Span] = []
    for word in words:
        start, end = _around(word, speech, starts)
        if found:
            before = words[len(found) - 1].end
            middle = (before + word.start) / 2
            found[-1] = found[-1][0], max(min(found[-1][1], middle), before)
            start = min(max(start, middle), word.start)
        found.append((start, end))
    return found


def _around(word: HeardWord, speech: Sequence[Stretch], starts: Sequence[float]) -> Span:
    at = bisect_right(starts, (word.start + word.end) / 2) - 1
    if at < 0 or speech[at].end < word.start:
        return word.start, word.end
    start = max(speech[at].start, word.start - _REACH_SECONDS)
    end = min(speech[at].end, word.end + _REACH_SECONDS)
    return min(start, word.start), max(end, word.end)


def _ends_before(words: Sequence[HeardWord], edges: Sequence[Span], first: int, at: int) -> bool:
    """Whether the segment that began with one word ends before another."""
    before = words[at - 1]
    if edges[at][0] - edges[at - 1][1] >= _PAUSE_SECONDS or words[at].voice != before.voice:
        return True
    long = before.end - words[first].start >= _COMFORTABLE_SECONDS
    return long and before.text.endswith(SENTENCE_END)


def _short_enough(words: Sequence[HeardWord], first: int, last: int) -> list[tuple[int, int]]:
    if last - first < 2 or words[last - 1].end - words[first].start <= _LONGEST_SECONDS:  # noqa: PLR2004 - one word
        return [(first, last)]
    cut = max(range(first + 1, last), key=lambda at: _worth(words[first:last], at - first))
    return [*_short_enough(words, first, cut), *_short_enough(words, cut, last)]


def _worth(phrase: Sequence[HeardWord], index: int) -> tuple[bool, bool, float]:
    """How good it is to cut before a word: after a sentence, not at the edges, at a wide gap."""
    after_sentence = phrase[index - 1].text.endswith(SENTENCE_END)
    share = (phrase[index].start - phrase[0].start) / (phrase[-1].end - phrase[0].start)
    central = 0.2 < share < 0.8  # noqa: PLR2004 - a fifth from either edge
    return central, after_sentence, phrase[index].start - phrase[index - 1].end
