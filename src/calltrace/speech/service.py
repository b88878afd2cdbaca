"""A call's audio to its transcript: listen → recognise → split into turns → tell the roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.kit.progress import Progress, silent, within
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech import channels, roles
from calltrace.speech.channels import Layout
from calltrace.speech.engines.protocol import Engine, HeardWord, Recognition
from calltrace.speech.roles import ChannelOption, Line, Roles
from calltrace.speech.segments import Phrase, phrases
from calltrace.speech.transcript import Attribution, Segment, Transcript, Word
from calltrace.speech.voices.beside import VoicesBeside
from calltrace.speech.voices.service import tell_apart
from calltrace.speech.windows import with_lead

_LISTENING_SHARE, _VOICES_SHARE = 0.05, 0.15
"""Of the time, what finding speech and telling voices apart take about; recognising it takes the rest."""
_LEAD_SECONDS = 0.2
"""What the recogniser hears before each stretch: a soft first syllable that the voice detector missed."""
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
        among: the languages that are expected where ``language`` is ``auto``; none: all.
    """

    language: str = "auto"
    channels: ChannelOption = "auto"
    hints: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What was said, on which channels, and how alike the two nearest voices of the last one are."""

    phrases: list[Phrase]
    channels: list[int]
    likeness: float


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
    with VoicesBeside(audio, layout.speech) as voices:
        heard = _recognise(audio, layout, options, engine, progress)
        spoken = _spoken(layout, heard.words, voices, progress)
    parts = _parties(layout, spoken, options)
    progress(1.0)
    return Transcript(
        language=heard.language,
        language_confidence=round(heard.language_confidence, _DECIMALS),
        attribution=_attribution(parts),
        segments=_segments(spoken.phrases, parts, audio.duration),
    )


def listen(audio: DecodedAudio, progress: Progress = silent) -> Layout:
    """Finds the speech: the first part of ``transcribe``, and of its progress."""
    return channels.listen(audio, within(progress, 0.0, _LISTENING_SHARE))


def _recognise(
    audio: DecodedAudio, layout: Layout, options: SpeechOptions, engine: Engine, progress: Progress
) -> Recognition:
    hint = None if options.language == "auto" else options.language.lower()
    nothing = Recognition(hint or "und", 0.0, ())
    if not layout.speech:
        return nothing
    part = within(progress, _LISTENING_SHARE, 1 - _VOICES_SHARE)
    speech = with_lead(layout.speech, _LEAD_SECONDS)
    heard = engine.transcribe(audio, speech, hint, part, options.hints, among=options.among)
    return heard if heard.words else nothing  # a language of no words is a guess about noise


def _spoken(layout: Layout, words: Sequence[HeardWord], voices: VoicesBeside, progress: Progress) -> _Spoken:
    """The words in phrases of one voice each, in order."""
    speaking = sorted({word.channel for word in words})
    found: list[Phrase] = []
    likeness = 1.0
    progress = within(progress, 1 - _VOICES_SHARE, 1.0)
    for done, channel in enumerate(speaking):
        part = within(progress, done / len(speaking), (done + 1) / len(speaking))
        speech = [stretch for stretch in layout.speech if stretch.channel == channel]
        said = [word for word in words if word.channel == channel]
        told, likeness = tell_apart(said, voices.of(channel, part, likely_one=len(speaking) > 1))
        found += phrases(told, speech)
    return _Spoken(sorted(found, key=lambda phrase: (phrase.start, phrase.channel)), speaking, likeness)


def _parties(layout: Layout, spoken: _Spoken, options: SpeechOptions) -> Roles:
    """Who the parties are: channels, or voices on the one channel on which somebody speaks."""
    is_told = len(layout.distinct) > 1 and options.channels not in {"auto", "mono"}
    if len(spoken.channels) != 1 or is_told:
        lines = [Line(phrase.channel, phrase.text) for phrase in spoken.phrases]
        return roles.assign(layout.distinct, spoken.channels, lines, options.channels)
    lines = [Line(phrase.voice, phrase.text) for phrase in spoken.phrases]
    present = list(dict.fromkeys(phrase.voice for phrase in spoken.phrases))
    return roles.assign_voices(present, spoken.likeness, lines)


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
