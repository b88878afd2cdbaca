"""What was said in a call, word by word, to look words up in. Pure; made once for all rules."""

import re
import sys
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


_BETWEEN = "\0"
"""In place of a word: another voice comes in; also for words that are too many to be told apart."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one voice says without another coming in: words in a row, and the segment of each."""

    speaker: Role
    words: tuple[str, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class _Signs:
    """Runs as one text with a sign for each word, and the segments of the signs.

    Words in a row are then found as Python finds a text in a text, however often their beginning comes.
    """

    text: str
    segments: tuple[Segment | None, ...]


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
        self._signs: dict[str, str] = {}
        self._texts: dict[tuple[bool, Role | None], _Signs] = {}

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

    def _stem(self, word: str) -> str:
        if word not in self._stems:
            self._stems[word] = self._stemmer(word)
        return self._stems[word]

    def _text(self, *, stems: bool, speaker: Role | None) -> _Signs:
        key = (stems, speaker)
        if key not in self._texts:
            runs = self._stemmed if stems else self._runs
            self._texts[key] = self._written([one for one in runs if speaker in {None, one.speaker}])
        return self._texts[key]

    def _written(self, runs: Sequence[Run]) -> _Signs:
        signs, segments = list[str](), list[Segment | None]()
        for run in runs:
            for word in run.words:
                if word not in self._signs and len(self._signs) < sys.maxunicode:
                    self._signs[word] = chr(len(self._signs) + 1)
            signs += [*(self._signs.get(word, _BETWEEN) for word in run.words), _BETWEEN]
            segments += [*run.segments, None]
        return _Signs("".join(signs), tuple(segments))

    def first(self, phrase: str, *, stems: bool, speaker: Role | None) -> Segment | None:
        """Where some words in a row were said first.

        Args:
            phrase: the words.
            stems: whether words with the same stem are the same.
            speaker: by whom; ``None``: by anybody.
        """
        said = self._text(stems=stems, speaker=speaker)
        wanted = [self._stem(one) if stems else one for one in words_of(phrase)]
        if not all(one in self._signs for one in wanted):
            return None
        place = said.text.find("".join(self._signs[one] for one in wanted))
        return said.segments[place] if place >= 0 else None
