"""A call's audio to its transcript: listen → recognise → split into turns → tell the roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.kit.progress import Progress, silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech import channels, roles
from calltrace.speech.channels import Layout
from calltrace.speech.engines.protocol import Engine, HeardWord, Recognition
from calltrace.speech.roles import ChannelOption, Line, Roles
from calltrace.speech.segments import Phrase, phrases
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
        hints: words that may be said, such as names of products and people, the most useful first.
    """

    language: str = "auto"
    channels: ChannelOption = "auto"
    hints: tuple[str, ...] = ()


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
    layout = layout or listen(audio, progress)
    heard = _recognise(audio, layout, options, engine, progress)
    spoken, parts = _parties(audio, layout, heard.words, options)
    progress(1.0)
    return Transcript(
        language=heard.language,
        language_confidence=round(heard.language_confidence, _DECIMALS),
        attribution=_attribution(parts),
        segments=_segments(spoken, parts, audio.duration),
    )


def listen(audio: DecodedAudio, progress: Progress = silent) -> Layout:
    """Finds the speech: the first part of ``transcribe``, and of its progress."""
    return channels.listen(audio, lambda share: progress(share * _LISTENING_SHARE))


def _recognise(
    audio: DecodedAudio, layout: Layout, options: SpeechOptions, engine: Engine, progress: Progress
) -> Recognition:
    hint = None if options.language == "auto" else options.language.lower()
    nothing = Recognition(hint or "und", 0.0, ())
    if not layout.speech:
        return nothing
    rest = 1 - _LISTENING_SHARE
    heard = engine.transcribe(
        audio, layout.speech, hint, lambda share: progress(_LISTENING_SHARE + share * rest), options.hints
    )
    return heard if heard.words else nothing  # a language of no words is a guess about noise


def _parties(
    audio: DecodedAudio, layout: Layout, words: Sequence[HeardWord], options: SpeechOptions
) -> tuple[list[Phrase], Roles]:
    """What was said in phrases of one party each, and who the parties are: channels, or voices on one."""
    speaking = sorted({word.channel for word in words})
    spoken: list[Phrase] = []
    likeness = 1.0
    for channel in speaking:
        speech = [stretch for stretch in layout.speech if stretch.channel == channel]
        said = [word for word in words if word.channel == channel]
        told, likeness = tell_apart(audio, speech, said)
        spoken += phrases(told, speech)
    spoken.sort(key=lambda phrase: (phrase.start, phrase.channel))
    is_told = len(layout.distinct) > 1 and options.channels not in {"auto", "mono"}
    if len(speaking) != 1 or is_told:
        lines = [Line(phrase.channel, phrase.text) for phrase in spoken]
        return spoken, roles.assign(layout.distinct, speaking, lines, options.channels)
    lines = [Line(phrase.voice, phrase.text) for phrase in spoken]
    present = list(dict.fromkeys(phrase.voice for phrase in spoken))
    return spoken, roles.assign_voices(present, likeness, lines)


def _attribution(parts: Roles) -> Attribution:
    named = ", ".join(f"s{index + 1}" for index in parts.telling)
    return Attribution(
        method=parts.method, confidence=parts.confidence, reason=parts.reason.format(lines=named)
    )


def _segments(spoken: Sequence[Phrase], parts: Roles, duration: float) -> list[Segment]:
    by_voice = parts.method == "diarization" and len({phrase.channel for phrase in spoken}) == 1
    voices = sorted({(phrase.channel, phrase.voice) for phrase in spoken})
    return [
        Segment(
            id=f"s{index}",
            speaker=parts.by_party.get(phrase.voice if by_voice else phrase.channel, "unknown"),
            speaker_id=f"spk{voices.index((phrase.channel, phrase.voice)) + 1}",
            channel=phrase.channel,
            start=round(phrase.start, _DECIMALS),
            end=round(min(max(phrase.end, phrase.start + _SHORTEST_SECONDS), duration), _DECIMALS),
            text=phrase.text,
            confidence=round(sum(word.confidence for word in phrase.words) / len(phrase.words), _DECIMALS),
            words=[_word(word) for word in phrase.words],
        )
        for index, phrase in enumerate(spoken, 1)
    ]


def _word(word: HeardWord) -> Word:
    return Word(
        text=word.text,
        start=round(word.start, _DECIMALS),
        end=round(word.end, _DECIMALS),
        confidence=round(word.confidence, _DECIMALS),
    )
