"""Which channels carry a voice of their own, and where on them somebody speaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calltrace.kit.progress import Progress, within
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech import crosstalk, levels, vad
from calltrace.speech.levels import Curve
from calltrace.speech.mixes import without_mixes
from calltrace.speech.windows import Stretch

_SAME = 0.95
"""Two channels this much alike are one recording stored twice (dual mono)."""
_PARTIES = 2
"""More channels than parties: some may be silent, or the mix of the others."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is on the channels.

    Attributes:
        speech: stretches of speech, at most ``vad.Ear.longest`` long, by channel and start.
        distinct: channels that are not copies of an earlier one; of more than two, only those that are
            neither silent nor a mix of others.
        leaks: whether crosstalk was found (and gated).
        loudness: dB of full scale per frame (``levels.loudness``) of each distinct channel.
    """

    speech: tuple[Stretch, ...]
    distinct: tuple[int, ...]
    leaks: bool
    loudness: Mapping[int, Curve]


def listen(audio: DecodedAudio, progress: Progress) -> Layout:
    """Finds the channels that matter and the speech on them."""
    distinct = _distinct(audio)
    loud: dict[int, Curve] = {}
    curves: dict[int, Curve] = {}
    for done, channel in enumerate(distinct):
        loud[channel] = levels.loudness(audio, channel)
        part = within(progress, done / len(distinct), (done + 1) / len(distinct))
        curves[channel] = vad.probabilities(audio, channel, loud[channel], part)
    gated = _without_crosstalk(curves, loud)
    speech = [
        stretch for channel in distinct for stretch in vad.stretches(gated[channel], channel, audio.duration)
    ]
    leaks = any(gated[channel] is not curves[channel] for channel in distinct)
    return Layout(tuple(speech), tuple(distinct), leaks, loud)


def _distinct(audio: DecodedAudio) -> list[int]:
    """Mixes first: one in which a party is loud would pass for the original of that party's channel."""
    channels = range(len(audio.channel_paths))
    kept: list[int] = []
    for channel in channels if len(channels) <= _PARTIES else without_mixes(audio, channels):
        if all(levels.likeness(audio, earlier, channel) < _SAME for earlier in kept):
            kept.append(channel)
    return kept


def _without_crosstalk(curves: dict[int, Curve], loud: dict[int, Curve]) -> dict[int, Curve]:
    return {channel: _gated(channel, curves, loud) for channel in curves}


def _gated(channel: int, curves: dict[int, Curve], loud: dict[int, Curve]) -> Curve:
    curve = curves[channel]
    for other in _others(channel, curves):
        leak = crosstalk.find(loud[channel], loud[other], curves[other])
        curve = crosstalk.gate(curve, loud[channel], loud[other], leak) if leak else curve
    return curve


def _others(channel: int, curves: dict[int, Curve]) -> Sequence[int]:
    return [other for other in curves if other != channel]
