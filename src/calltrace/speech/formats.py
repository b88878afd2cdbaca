"""A transcript as plain text, SubRip (``srt``) and WebVTT (``vtt``, https://www.w3.org/TR/webvtt1/).

A cue stays as long as a person can read at one glance: at most LONGEST_CHARACTERS on two lines and
LONGEST_SECONDS (the customary limits of subtitling: two lines of 42 characters, six to seven seconds).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from calltrace.kit.words import Words, worded
from calltrace.speech.transcript import Role, Segment, Transcript

LINE_CHARACTERS = 42
LONGEST_CHARACTERS = 2 * LINE_CHARACTERS
LONGEST_SECONDS = 7.0
SHORTEST_SECONDS = 0.1
"""Shorter cues never show on a screen."""
_SENTENCE_END, _CLAUSE_END = ".?!。？！…", ",;:，；：、"  # noqa: RUF001 - full-width marks are meant
_NAMES: dict[Role, str] = worded({"agent": "Agent", "customer": "Customer", "unknown": "Speaker"})

Voice = tuple[Role, str]
"""A role and the ``speaker_id`` of the voice in it."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text that is never cut, with the white space behind it; times in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Cue:
    name: str
    text: str
    start: float
    end: float


def voice_names(transcript: Transcript) -> dict[Voice, str]:
    """What to call each voice: its role, with a number where a role has several or is unknown."""
    found: dict[Voice, None] = {
        (segment.speaker, segment.speaker_id): None for segment in transcript.segments
    }
    voices = list(found)  # in the order in which they are first heard
    return {voice: _name(voice, voices) for voice in voices}


def _name(voice: Voice, voices: Sequence[Voice]) -> str:
    same_role = [other for other in voices if other[0] == voice[0]]
    if voice[0] != "unknown" and len(same_role) == 1:
        return _NAMES[voice[0]]
    number = same_role.index(voice) + 1
    return Words("%(role)s %(number)s", role=_NAMES[voice[0]], number=number)


def clock(seconds: float) -> str:
    """``mm:ss``, with hours in front where there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def to_txt(transcript: Transcript) -> str:
    """One line per segment: ``[mm:ss] Agent: text``."""
    names = voice_names(transcript)
    return "".join(
        f"[{clock(segment.start)}] {names[segment.speaker, segment.speaker_id]}: {_plain(segment.text)}\n"
        for segment in transcript.segments
    )


def to_srt(transcript: Transcript) -> str:
    """Numbered cues with the speaker's name in front of the text. SubRip knows no escaping."""
    blocks = [
        f"{number}\n{_span(cue, ',')}\n{_two_lines(f'{cue.name}: {cue.text}').replace('-->', '→')}\n"
        for number, cue in enumerate(_cues(transcript), 1)
    ]
    return "\n".join(blocks)


def to_vtt(transcript: Transcript) -> str:
    """Numbered cues with voice tags, so that players can tell the speakers apart."""
    blocks = [
        f"\n{number}\n{_span(cue, '.')}\n<v {cue.name}>{_two_lines(_escaped(cue.text))}\n"
        for number, cue in enumerate(_cues(transcript), 1)
    ]
    return "".join(["WEBVTT\n", *blocks])


def _escaped(text: str) -> str:
    # Escaping > too keeps "-->" out of the text, which would end the cue.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _span(cue: _Cue, point: str) -> str:
    return f"{_timestamp(cue.start, point)} --> {_timestamp(cue.end, point)}"


def _timestamp(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}{point}{milliseconds:03}"


def _two_lines(text: str) -> str:
    spaces = [match.start() for match in re.finditer(" ", text)]
    if len(text) <= LINE_CHARACTERS or not spaces:
        return text
    middle = min(spaces, key=lambda place: abs(place - len(text) / 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _plain(text: str) -> str:
    # A blank line would end a cue.
    return " ".join(text.split())


def _cues(transcript: Transcript) -> list[_Cue]:
    names = voice_names(transcript)
    cues = [
        _cue(names[segment.speaker, segment.speaker_id], pieces)
        for segment in transcript.segments
        if segment.text.strip()
        for pieces in _short_enough(_pieces(segment))
    ]
    return sorted(cues, key=lambda cue: cue.start)


def _cue(name: str, pieces: Sequence[_Piece]) -> _Cue:
    text = _plain("".join(piece.text for piece in pieces))
    start = pieces[0].start
    return _Cue(name, text, start, max(pieces[-1].end, start + SHORTEST_SECONDS))


def _short_enough(pieces: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    length = len("".join(piece.text for piece in pieces).strip())
    fits = length <= LONGEST_CHARACTERS and pieces[-1].end - pieces[0].start <= LONGEST_SECONDS
    if fits or len(pieces) == 1:
        yield pieces
        return
    cut = _best_cut(pieces)
    yield from _short_enough(pieces[:cut])
    yield from _short_enough(pieces[cut:])


def _best_cut(pieces: Sequence[_Piece]) -> int:
    """The piece to cut before: near the middle, and better where a thought ends."""
    until = list(accumulate(len(piece.text) for piece in pieces))

    def worth(index: int) -> float:
        return _rest(pieces[index - 1].text) - abs(until[index - 1] / until[-1] - 0.5) * 2

    return max(range(1, len(pieces)), key=worth)


def _rest(text: str) -> float:
    end = text.rstrip()[-1:]
    return 0.5 if end and end in _SENTENCE_END else 0.3 if end and end in _CLAUSE_END else 0.0


def _pieces(segment: Segment) -> list[_Piece]:
    return _timed_by_words(segment) or _timed_by_length(segment)


def _timed_by_words(segment: Segment) -> list[_Piece]:
    """The text cut where its words begin; nothing if the words are not those of the text."""
    starts: list[int] = []
    cursor = 0
    for word in segment.words:
        place = segment.text.find(word.text.strip(), cursor)
        if place < 0:
            return []
        starts.append(place)
        cursor = place + len(word.text.strip())
    edges = [0, *starts[1:], len(segment.text)]
    return [
        _Piece(segment.text[first:last], word.start, word.end)
        for word, first, last in zip(segment.words, edges, edges[1:], strict=False)
    ]


def _timed_by_length(segment: Segment) -> list[_Piece]:
    """The text cut at spaces (and inside what no line can hold), timed as if all letters took as long."""
    texts = re.findall(rf"\S{{1,{LINE_CHARACTERS}}}\s*|\s+", segment.text)
    pace = (segment.end - segment.start) / max(len(segment.text), 1)
    pieces: list[_Piece] = []
    place = 0
    for text in texts:
        start = segment.start + place * pace
        place += len(text)
        pieces.append(_Piece(text, start, segment.start + place * pace))
    return pieces
