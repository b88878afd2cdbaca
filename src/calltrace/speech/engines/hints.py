"""Words an organisation expects to hear: names of its products and people.

A recogniser that is given a list of words hears better where they are said, and worse elsewhere: it writes
words of the list into noise, drops sentences and changes others. So a list never goes to it as it is:

1. Everything is heard without it.
2. A window in which something *sounds like* a word of the list is heard once more, with only the words in
   question. Where nothing does, nothing is heard again.
3. Of what was heard then, only those words are taken, each in place of what sounds like it, said at the same
   time, and only if it is not much less likely there. Everything else stays as it was heard first.

So a word that nothing sounds like cannot get into a transcript, and no word gets lost.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calltrace.speech.engines.likeness import letters_of, likenesses, needed
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.windows import Window

_MOST_WORDS = 6
"""More words than this are a sentence, and nothing is like it."""
_MOST_EXTRA_WORDS = 2
"""A word that is not known may be heard as up to this many more words than it has."""
_LEAST_LIKELY = 0.35
"""A word is taken if its mean confidence is at least this share of that of what it replaces."""
_SAME_TIME_SECONDS = 0.6
_TIME_WEIGHT = 0.2
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A window to be heard again: what was heard in it, and the words of the list that may have been said."""

    window: Window
    words: tuple[HeardWord, ...]
    terms: tuple[str, ...]


def doubts(windows: Sequence[Window], words: Sequence[HeardWord], terms: Sequence[str]) -> list[Doubt]:
    """The windows that hold something like a word of the list but not that word; the likest words first."""
    if not terms:
        return []
    found = zip(windows, _shared_out(windows, words), strict=True)
    return [Doubt(window, heard, near) for window, heard in found if (near := _near(heard, terms))]


def prompt(terms: Sequence[str], fits: Callable[[str], bool]) -> str:
    """The words as a recogniser is given them, as many from the front as fit."""
    for count in range(len(terms), 0, -1):
        if fits(text := ", ".join(terms[:count])):
            return text
    return ""


def settled(
    words: Iterable[HeardWord], doubtful: Sequence[Doubt], again: Sequence[Sequence[HeardWord]]
) -> tuple[HeardWord, ...]:
    """All words, after each window in doubt was heard ``again``: in order of channel and time."""
    before = {word for doubt in doubtful for word in doubt.words}
    kept = [word for word in words if word not in before]
    for doubt, heard in zip(doubtful, again, strict=True):
        kept += _settle(doubt, heard)
    return tuple(sorted(kept, key=lambda word: (word.channel, word.start)))


def _settle(doubt: Doubt, again: Sequence[HeardWord]) -> list[HeardWord]:
    """The words of one window: as before, but for words of the list."""
    words = list(doubt.words)
    for term in doubt.terms:
        for first, last in _said(_each_spelt(again), term):
            said = again[first:last]
            if place := _place(words, said, term):
                words[slice(*place)] = _put(words[slice(*place)], said)
    return words


def _shared_out(windows: Sequence[Window], words: Sequence[HeardWord]) -> Iterator[tuple[HeardWord, ...]]:
    """For each window the words in it, by their middles."""
    ordered = sorted(words, key=_position)
    places = [_position(word) for word in ordered]
    for window in windows:
        spans = [
            (bisect_left(places, (window.channel, one.start)), bisect_left(places, (window.channel, one.end)))
            for one in window.stretches
        ]
        yield tuple(word for first, last in spans for word in ordered[first:last])


def _position(word: HeardWord) -> tuple[int, float]:
    return word.channel, (word.start + word.end) / 2


def _near(words: Sequence[HeardWord], terms: Sequence[str]) -> tuple[str, ...]:
    """The words of the list that something heard is like, but was not heard as they are written."""
    letters, wanted = _each_spelt(words), [letters_of(term) for term in terms]
    spans = _spans(0, len(words), max(len(term.split()) for term in terms))
    likeness = likenesses(_joined(letters, spans), wanted)
    enough = likeness >= np.array([needed(one) for one in wanted])
    found: list[tuple[float, str]] = []
    for column, term in enumerate(terms):
        if not enough[:, column].any():
            continue
        right = {at for a, b in _said(letters, term) if _plain(words[a:b]) == term for at in range(a, b)}
        wrong = [row for row in np.flatnonzero(enough[:, column]) if right.isdisjoint(range(*spans[row]))]
        if wrong:
            found.append((float(likeness[wrong, column].max()), term))
    return tuple(term for _, term in sorted(found, key=lambda one: -one[0]))


def _spans(first: int, last: int, words_of_term: int) -> list[Span]:
    """Runs of words that may stand for one word of the list."""
    longest = min(words_of_term, _MOST_WORDS) + _MOST_EXTRA_WORDS
    return [(a, b) for a in range(first, last) for b in range(a + 1, min(last, a + longest) + 1)]


def _each_spelt(words: Sequence[HeardWord]) -> list[str]:
    return [letters_of(word.text) for word in words]


def _joined(letters: Sequence[str], spans: Sequence[Span]) -> list[str]:
    return ["".join(letters[slice(*span)]) for span in spans]


def _said(letters: Sequence[str], term: str) -> Iterator[Span]:
    """Where a word of the list was said: runs of words with just its letters."""
    wanted = letters_of(term)
    for first, start in enumerate(letters):
        if not start or not wanted.startswith(start):
            continue
        text, last = start, first + 1
        while last < len(letters) and len(text) < len(wanted):
            text, last = text + letters[last], last + 1
        if text == wanted:
            yield first, last


def _place(words: Sequence[HeardWord], said: Sequence[HeardWord], term: str) -> tuple[int, int] | None:
    """What a word of the list stands in for: the likest words at its time, if it may stand there at all."""
    wanted = letters_of(term)
    near = [
        at for at, word in enumerate(words)
        if word.end >= said[0].start - _SAME_TIME_SECONDS and word.start <= said[-1].end + _SAME_TIME_SECONDS
    ]  # fmt: skip
    if not near:
        return None
    spans = _spans(near[0], near[-1] + 1, len(term.split()))
    likeness = likenesses(_joined(_each_spelt(words), spans), [wanted])[:, 0]
    likely = [
        float(one) + _shared_time(words[slice(*span)], said)
        for one, span in zip(likeness, spans, strict=True)
    ]
    best = int(np.argmax(likely))
    place = spans[best]
    there = words[slice(*place)]
    is_new = _plain(there) != _plain(said)
    is_like = float(likeness[best]) >= needed(wanted)
    return place if is_new and is_like and _may_replace(said, there) else None


def _shared_time(one: Sequence[HeardWord], other: Sequence[HeardWord]) -> float:
    """How much two runs of words lie at the same time, 0 to a small number that decides between like runs."""
    shared = min(one[-1].end, other[-1].end) - max(one[0].start, other[0].start)
    either = max(one[-1].end, other[-1].end) - min(one[0].start, other[0].start)
    return _TIME_WEIGHT * max(shared, 0.0) / either if either > 0 else 0.0


def _may_replace(said: Sequence[HeardWord], there: Sequence[HeardWord]) -> bool:
    if letters_of("".join(word.text for word in said)) == letters_of("".join(word.text for word in there)):
        return True  # the same letters, written as the organisation writes them
    return _confidence(said) >= _LEAST_LIKELY * _confidence(there)


def _put(there: Sequence[HeardWord], said: Sequence[HeardWord]) -> list[HeardWord]:
    """The new words with the times of the first hearing around them, which the words beside them keep to."""
    start, end = there[0].start, there[-1].end
    moved = [
        replace(word, start=min(max(word.start, start), end), end=min(max(word.end, start), end))
        for word in said
    ]
    moved[0] = replace(moved[0], start=start, glued=there[0].glued)
    moved[-1] = replace(moved[-1], end=end, text=_with_ending(moved[-1].text, there[-1].text))
    return moved


def _with_ending(text: str, before: str) -> str:
    """A word with the punctuation that followed what it replaces: sentences end where they ended."""
    bare = text.rstrip(".,!?;:…")
    return bare + before[len(before.rstrip(".,!?;:…")) :]


def _confidence(words: Sequence[HeardWord]) -> float:
    return sum(word.confidence for word in words) / len(words)


def _plain(words: Sequence[HeardWord]) -> str:
    text = "".join(word.text if word.glued else f" {word.text}" for word in words)
    return text.strip().strip(".,!?;:…\"'")
