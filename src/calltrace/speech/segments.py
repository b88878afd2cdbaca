"""From words to segments: what a person would call one turn, or one long sentence of it."""

from collections.abc import Sequence

from calltrace.speech.engines.protocol import HeardWord

_PAUSE_SECONDS = 0.8
"""A pause this long ends a segment."""
_COMFORTABLE_SECONDS = 8.0
"""From here on the end of a sentence ends a segment."""
_LONGEST_SECONDS = 16.0
"""Longer segments are cut at their widest gap."""
SENTENCE_END = (".", "?", "!", "。", "？", "！", "…")  # noqa: RUF001 - full-width marks are meant

Phrase = Sequence[HeardWord]


def phrases(words: Sequence[HeardWord]) -> list[Phrase]:
    """Words of one channel, in order, as segments."""
    found: list[Phrase] = []
    current: list[HeardWord] = []
    for word in words:
        if current and _ends_before(current, word):
            found += _short_enough(current)
            current = []
        current.append(word)
    return [*found, *_short_enough(current)] if current else found


def _ends_before(current: Phrase, word: HeardWord) -> bool:
    if word.start - current[-1].end >= _PAUSE_SECONDS or word.voice != current[-1].voice:
        return True
    long = current[-1].end - current[0].start >= _COMFORTABLE_SECONDS
    return long and current[-1].text.endswith(SENTENCE_END)


def _short_enough(phrase: Phrase) -> list[Phrase]:
    if len(phrase) < 2 or phrase[-1].end - phrase[0].start <= _LONGEST_SECONDS:  # noqa: PLR2004 - one word
        return [phrase]
    cut = max(range(1, len(phrase)), key=lambda index: _worth(phrase, index))
    return [*_short_enough(phrase[:cut]), *_short_enough(phrase[cut:])]


def _worth(phrase: Phrase, index: int) -> tuple[bool, bool, float]:
    """How good it is to cut before a word: after a sentence, not at the edges, at a wide gap."""
    after_sentence = phrase[index - 1].text.endswith(SENTENCE_END)
    share = (phrase[index].start - phrase[0].start) / (phrase[-1].end - phrase[0].start)
    central = 0.2 < share < 0.8  # noqa: PLR2004 - a fifth from either edge
    return central, after_sentence, phrase[index].start - phrase[index - 1].end


def text(phrase: Phrase) -> str:
    """The words as a line of text, with spaces where the language has them."""
    parts = [word.text if word.glued else f" {word.text}" for word in phrase]
    return "".join(parts).strip()
