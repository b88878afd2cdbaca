"""Where something other than talk happens in a call: hold music, signals, dead air, and both sides at once.

Definitions (docs/talk-metrics.md):

- hold: music for at least 5 s on a channel on which nobody speaks (speech.music).
- tone: a signal of the line on a channel on which nobody speaks (speech.tones).
- silence: nobody speaks on any channel, and nothing is heard above the noise of the line, for at least
  SILENCE_SECONDS; a click does not end it.
- overlap: agent and customer talk at the same time for at least metrics.OVERLAP_SECONDS.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from calltrace.recordings.audio import DecodedAudio
from calltrace.speech import levels, metrics
from calltrace.speech.channels import Layout
from calltrace.speech.levels import FRAME_SECONDS, Curve
from calltrace.speech.music import music
from calltrace.speech.partials import partials
from calltrace.speech.runs import Mask, Run, mask_of, runs
from calltrace.speech.tones import tones
from calltrace.speech.transcript import Mark, MarkKind, Transcript

SILENCE_SECONDS = 5.0
_CLICK_SECONDS = 0.3
_AUDIBLE_DB = 40.0
"""So much softer than the loudest speech or music of the call is not heard beside it."""
_ABOVE_NOISE_DB = 10.0
_NOISE_BELOW_DB = (25.0, 50.0)
"""Where there is speech, noise is believed to be so much softer than the loudest of it."""
_NOISE_PERCENTILE = 20
_DECIMALS = 2


def find_marks(audio: DecodedAudio, layout: Layout, transcript: Transcript) -> list[Mark]:
    """Every mark of a call, by start."""
    heard = [mark for channel in layout.distinct for mark in _heard(audio, layout, channel)]
    dead = _dead_air(audio, layout, transcript, heard)
    return with_overlaps([*heard, *dead], transcript)


def with_overlaps(marks: Iterable[Mark], transcript: Transcript) -> list[Mark]:
    """The given marks in order, those of overlap made anew: roles may have changed since."""
    others = [mark for mark in marks if mark.kind != "overlap"]
    both = [_mark("overlap", span, None) for span in metrics.overlaps(transcript)]
    return sorted([*others, *both], key=lambda mark: (mark.start, mark.end, mark.kind))


def _heard(audio: DecodedAudio, layout: Layout, channel: int) -> Iterator[Mark]:
    """Hold music and signals on one channel."""
    loudness = layout.loudness[channel]
    audible = _loudest(layout) - _AUDIBLE_DB
    for first, last in runs(~_speech(layout, channel)):
        if loudness[first:last].max() <= audible:
            continue
        found = partials(audio, channel, first, last)
        played = music(found, audible)
        spans: tuple[tuple[MarkKind, list[Run]], ...] = (
            ("hold", played),
            ("tone", tones(found, audible, played)),
        )
        for kind, parts in spans:
            yield from (_mark(kind, _seconds(part, first, audio.duration), channel) for part in parts)


def _loudest(layout: Layout) -> float:
    return max((levels.typical_speech(curve) for curve in layout.loudness.values()), default=levels.FLOOR_DB)


def _speech(layout: Layout, channel: int) -> Mask:
    spans = [(one.start, one.end) for one in layout.speech if one.channel == channel]
    return _covered(spans, len(layout.loudness[channel]))


def _covered(spans: list[metrics.Span], frames: int) -> Mask:
    """Frames that these times touch."""
    parts = [(int(start / FRAME_SECONDS), int(np.ceil(end / FRAME_SECONDS))) for start, end in spans]
    return mask_of(parts, frames)


def _dead_air(
    audio: DecodedAudio, layout: Layout, transcript: Transcript, heard: list[Mark]
) -> Iterator[Mark]:
    frames = max((len(curve) for curve in layout.loudness.values()), default=0)
    spoken = [(one.start, one.end) for one in (*layout.speech, *transcript.segments, *heard)]
    busy = _covered(spoken, frames)
    for part in runs(np.logical_or.reduce([_sounding(layout, one) for one in layout.distinct])):
        if part[1] - part[0] >= _CLICK_SECONDS / FRAME_SECONDS:
            busy[part[0] : part[1]] = True
    for part in runs(~busy):
        if part[1] - part[0] >= SILENCE_SECONDS / FRAME_SECONDS:
            yield _mark("silence", _seconds(part, 0, audio.duration), None)


def _sounding(layout: Layout, channel: int) -> Mask:
    """Frames of a channel that are louder than its noise."""
    loudness = layout.loudness[channel]
    resting: Curve = loudness[~_speech(layout, channel)]
    noise = float(np.percentile(resting, _NOISE_PERCENTILE)) if len(resting) else levels.FLOOR_DB
    if layout.speech:
        most, least = (_loudest(layout) - below for below in _NOISE_BELOW_DB)
        noise = min(max(noise, least), most)
    return loudness > noise + _ABOVE_NOISE_DB


def _seconds(part: Run, offset: int, duration: float) -> metrics.Span:
    start, end = ((frame + offset) * FRAME_SECONDS for frame in part)
    return start, min(end, duration)


def _mark(kind: MarkKind, span: metrics.Span, channel: int | None) -> Mark:
    return Mark(kind=kind, start=round(span[0], _DECIMALS), end=round(span[1], _DECIMALS), channel=channel)
