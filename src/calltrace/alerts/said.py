"""What was said in a call, word by word, to look words up in. Pure; made once for all rules."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import snowballstemmer

from calltrace.speech.transcript import Role, Segment, Transcript

STEMMERS: Mapping[str, str] = {
    "en": "english", "es": "spanish", "de": "german", "fr": "french", "pt": "portuguese", "it": "italian",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Run:
    """What one voice says without another coming in: words in a row, and the segment of each."""

    speaker: Role
    words: tuple[str, ...]
    segments: tuple[Segment, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters; an apostrophe parts words, as a space does (l'avocat)."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def _stemmer(language: str) -> Callable[[str], str]:
    """What makes stems in a language; where there are no rules a word is its own."""
    if language not in STEMMERS:
        return str
    made: Any = snowballstemmer.stemmer(STEMMERS[language])  # pyright: ignore[reportUnknownMemberType] - no types
    return made.stemWord


class Said:
    """A transcript to look words up in."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._stemmer = _stemmer(transcript.language)
        self._stems: dict[str, str] = {}

    @cached_property
    def _runs(self) -> list[Run]:
        found: list[Run] = []
        for _voice, together in groupby(self._transcript.segments, lambda one: (one.channel, one.speaker_id)):
            pairs = [(word, one) for one in together for word in words_of(one.text)]
            if pairs:
                words, segments = zip(*pairs, strict=True)
                found.append(Run(segments[0].speaker, words, segments))
        return found

    @cached_property
    def _stemmed(self) -> list[Run]:
        return [Run(run.speaker, tuple(map(self._stem, run.words)), run.segments) for run in self._runs]

    @cached_property
    def _by_word(self) -> dict[str, list[tuple[Run, int]]]:
        return _index(self._runs)

    @cached_property
    def _by_stem(self) -> dict[str, list[tuple[Run, int]]]:
        return _index(self._stemmed)

    def _stem(self, word: str) -> str:
        if word not in self._stems:
            self._stems[word] = self._stemmer(word)
        return self._stems[word]

    def first(self, phrase: str, *, stems: bool, speaker: Role | None) -> Segment | None:
        """Where some words in a row were said first.

        Args:
            phrase: the words.
            stems: whether words with the same stem are the same.
            speaker: by whom; ``None``: by anybody.
        """
        wanted = tuple(map(self._stem, words_of(phrase)) if stems else words_of(phrase))
        for run, place in (self._by_stem if stems else self._by_word).get(wanted[0], ()):
            if speaker in {None, run.speaker} and run.words[place : place + len(wanted)] == wanted:
                return run.segments[place]
        return None


def _index(runs: Sequence[Run]) -> dict[str, list[tuple[Run, int]]]:
    """Where each word stands, in the order in which all was said: rules look up thousands of words."""
    found: dict[str, list[tuple[Run, int]]] = {}
    for run in runs:
        for place, word in enumerate(run.words):
            found.setdefault(word, []).append((run, place))
    return found
