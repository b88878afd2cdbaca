"""A call's audio to its transcript: listen → recognise → split into turns → tell the roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.kit.progress import Progress, silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech import channels, roles, segments
from calltrace.speech.channels import Layout
from calltrace.speech.engines.protocol import Engine, HeardWord, Recognition
from calltrace.speech.roles import ChannelOption, Line, Roles
from calltrace.speech.segments import Phrase
from calltrace.speech.transcript import Attribution, Segment, Transcript, Word
from calltrace.speech.voices.service import tell_apart

_LISTENING_SHARE = 0.1
"""Finding speech takes about a tenth of the time, recognising it the rest."""
_DECIMALS = 3
_SHORTEST_SECONDS = 0.1
"""A single short word may be aligned to one moment; a segment is something that can be played."""


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How to read a call.

    Attributes:
        language: ISO 639-1, or ``auto``. A hint that is plainly wrong is overruled.
        channels: where the agent is, ``auto`` to find out, ``mono`` if channels mean nothing.
    """

    language: str = "auto"
    channels: ChannelOption = "auto"


def transcribe(
    audio: DecodedAudio,
    options: SpeechOptions,
    engine: Engine,
    progress: Progress = silent,
    layout: Layout | None = None,
) -> Transcript:
    """Everything that was said, by whom and when. No speech: a transcript without segments.

    ``layout`` is what ``listen`` has found; without it this listens first.
    """
    hint = None if options.language == "auto" else options.language.lower()
    layout = layout or listen(audio, progress)
    heard = _recognise(audio, layout, hint, engine, progress)
    spoken, parts = _parties(audio, layout, heard.words, options)
    progress(1.0)
    return Transcript(
        language=heard.language,
        language_confidence=round(heard.language_confidence, _DECIMALS),
        attribution=Attribution(method=parts.method, confidence=parts.confidence),
        segments=[_segment(index, phrase, parts, audio.duration) for index, phrase in enumerate(spoken, 1)],
    )


def listen(audio: DecodedAudio, progress: Progress = silent) -> Layout:
    """Finds the speech: the first part of ``transcribe``, and of its progress."""
    return channels.listen(audio, lambda share: progress(share * _LISTENING_SHARE))


def _recognise(
    audio: DecodedAudio, layout: Layout, hint: str | None, engine: Engine, progress: Progress
) -> Recognition:
    nothing = Recognition(hint or "und", 0.0, ())
    if not layout.speech:
        return nothing
    rest = 1 - _LISTENING_SHARE
    heard = engine.transcribe(
        audio, layout.speech, hint, lambda share: progress(_LISTENING_SHARE + share * rest)
    )
    return heard if heard.words else nothing  # a language of no words is a guess about noise


def _parties(
    audio: DecodedAudio, layout: Layout, words: Sequence[HeardWord], options: SpeechOptions
) -> tuple[list[Phrase], Roles]:
    """What was said in phrases of one party each, and who the parties are: channels, or voices on one."""
    speaking = sorted({word.channel for word in words})
    is_told = len(layout.distinct) > 1 and options.channels not in {"auto", "mono"}
    if len(speaking) != 1 or is_told:
        spoken = _phrases(words)
        return spoken, roles.assign(layout.distinct, speaking, _lines(spoken), options.channels)
    speech = [stretch for stretch in layout.speech if stretch.channel == speaking[0]]
    told, likeness = tell_apart(audio, speech, words)
    spoken = _phrases(told)
    present = list(dict.fromkeys(_party(phrase) for phrase in spoken))
    return spoken, roles.assign_voices(present, likeness, _lines(spoken))


def _party(phrase: Phrase) -> int:
    return phrase[0].channel if phrase[0].voice is None else phrase[0].voice


def _phrases(words: Sequence[HeardWord]) -> list[Phrase]:
    found: list[Phrase] = []
    for channel in sorted({word.channel for word in words}):
        found += segments.phrases([word for word in words if word.channel == channel])
    return sorted(found, key=lambda phrase: (phrase[0].start, phrase[0].channel))


def _lines(spoken: Sequence[Phrase]) -> list[Line]:
    return [Line(_party(phrase), phrase[0].start, segments.text(phrase)) for phrase in spoken]


def _segment(index: int, phrase: Phrase, parts: Roles, duration: float) -> Segment:
    party, start = _party(phrase), phrase[0].start
    end = min(max(phrase[-1].end, start + _SHORTEST_SECONDS), duration)
    return Segment(
        id=f"s{index}",
        speaker=parts.by_party.get(party, "unknown"),
        speaker_id=f"spk{_position(party, parts)}",
        channel=phrase[0].channel,
        start=round(start, _DECIMALS),
        end=round(end, _DECIMALS),
        text=segments.text(phrase),
        confidence=round(sum(word.confidence for word in phrase) / len(phrase), _DECIMALS),
        words=[_word(word) for word in phrase],
    )


def _position(party: int, parts: Roles) -> int:
    return sorted(parts.by_party).index(party) + 1


def _word(word: HeardWord) -> Word:
    return Word(
        text=word.text,
        start=round(word.start, _DECIMALS),
        end=round(word.end, _DECIMALS),
        confidence=round(word.confidence, _DECIMALS),
    )
