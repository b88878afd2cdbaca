"""The waveform of a call by who speaks: one lane for each side, however many channels were recorded."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calltrace.kit.words import worded
from calltrace.speech.transcript import Role, Segment, Transcript

NAMES: dict[Role, str] = worded({"agent": "Agent", "customer": "Customer", "unknown": "Unknown"})
_APART_SECONDS = 0.25
"""A pause that no screen shows."""
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Lane:
    """What is drawn of one side: one byte of loudness a point, and when the side speaks, in seconds."""

    role: Role
    name: str
    points: bytes
    speech: Sequence[Span]


def lanes(transcript: Transcript, channels: Sequence[bytes], points_per_second: int) -> list[Lane]:
    """The waveform by sides.

    Where each channel has a side of its own, its lane is the channel. Where sides share a channel, each lane
    has what was heard while its side spoke or nobody did: music and noise are seen in both.

    Args:
        transcript: who speaks when, and on which channel.
        channels: the loudness of each channel, one byte a point.
        points_per_second: how close the points are.
    """
    sides = _sides(transcript.segments)
    if len(set(sides.values())) == len(sides) > 1 and max(sides) < len(channels):
        return [
            _lane(role, channels[at], [one for one in transcript.segments if one.channel == at])
            for at, role in sorted(sides.items())
        ]
    shared = channels[min(next(iter(sides), 0), len(channels) - 1)]
    return _shared(transcript.segments, shared, points_per_second)


def _sides(segments: Iterable[Segment]) -> dict[int, Role]:
    """Who speaks most on each channel on which somebody does."""
    spoken: dict[int, Counter[Role]] = {}
    for one in segments:
        spoken.setdefault(one.channel, Counter())[one.speaker] += max(1, round(100 * (one.end - one.start)))
    return {channel: sides.most_common(1)[0][0] for channel, sides in spoken.items()}


def _shared(segments: Sequence[Segment], points: bytes, points_per_second: int) -> list[Lane]:
    def places(one: Segment) -> slice:
        return slice(int(one.start * points_per_second), int(one.end * points_per_second) + 1)

    nobody = bytearray(points)
    for one in segments:
        place = places(one)
        nobody[place] = bytes(len(nobody[place]))
    found: list[Lane] = []
    for role in NAMES:
        own = [one for one in segments if one.speaker == role]
        heard = bytearray(nobody)
        for one in own:
            heard[places(one)] = points[places(one)]
        if own:
            found.append(_lane(role, bytes(heard), own))
    return found


def _lane(role: Role, points: bytes, segments: Iterable[Segment]) -> Lane:
    speech: list[Span] = []
    for one in segments:
        if speech and one.start - speech[-1][1] < _APART_SECONDS:
            start, end = speech.pop()
            speech.append((start, max(end, one.end)))
        else:
            speech.append((one.start, one.end))
    return Lane(role, NAMES[role], points, speech)
