"""Who talked how much, from the transcript alone.

Definitions, all from segments (times in seconds):

- talk: the union of one side's segments. Segments end at pauses of one second, so short breaths count as
  talk.
- silence: no side talks, not even an unknown one, from 0 to the end of the recording. Hold music, signals
  and dead air count alike: in all of them the customer waits.
- hold: hold music on any channel (speech.marks), whatever is said on another one.
- overlap: agent and customer talk at the same time.
- interruption, counted for the side that does it: it begins while the other side has been talking for at
  least TURN_SECONDS, goes on for at least FLOOR_SECONDS itself (shorter is a backchannel, "mhm"), and
  overlaps the other by at least OVERLAP_SECONDS. Source: the customary split of overlap into backchannels
  and floor-taking (Heldner and Edlund, "Pauses, gaps and overlaps in conversations", Journal of Phonetics
  38, 2010: overlaps at ordinary turn changes are mostly shorter than half a second).
- monologue: the longest talk of one side that the other does not break with more than FLOOR_SECONDS and
  that has no pause longer than MONOLOGUE_PAUSE_SECONDS.
- words per minute: words of the side divided by its own talk time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from math import inf

from calltrace.speech.transcript import Counts, Mark, Segment, Sides, TalkMetrics, Transcript

OVERLAP_SECONDS = 0.5
FLOOR_SECONDS = 1.0
TURN_SECONDS = 1.0
MONOLOGUE_PAUSE_SECONDS = 2.0
_DECIMALS = 2

Span = tuple[float, float]


def measure(transcript: Transcript, duration: float, marks: Sequence[Mark] | None = None) -> TalkMetrics:
    """The metrics of a call of ``duration`` seconds. Unknown speakers count only against silence.

    ``marks`` as from speech.marks; without them nothing is known of hold music.
    """
    return measure_segments(transcript.segments, duration, marks)


def measure_segments(
    segments: Sequence[Segment], duration: float, marks: Sequence[Mark] | None = None
) -> TalkMetrics:
    """``measure`` for whoever has the segments alone."""
    agent, customer = _side(segments, "agent"), _side(segments, "customer")
    everyone = union((segment.start, segment.end) for segment in segments)
    gaps = _gaps(everyone, duration)
    mine, theirs = _spans(agent), _spans(customer)
    return TalkMetrics(
        talk_seconds=Sides(agent=_total(mine), customer=_total(theirs)),
        silence_seconds=_total(gaps),
        longest_silence_seconds=_longest(gaps),
        overlap_seconds=_total(_common(mine, theirs)),
        interruptions=Counts(agent=interruptions(mine, theirs), customer=interruptions(theirs, mine)),
        longest_monologue_seconds=Sides(agent=monologue(mine, theirs), customer=monologue(theirs, mine)),
        words_per_minute=Counts(agent=_rate(agent, mine), customer=_rate(customer, theirs)),
        hold_seconds=None if marks is None else _held(marks),
    )


def overlaps(transcript: Transcript) -> list[Span]:
    """Where agent and customer talk at the same time for at least OVERLAP_SECONDS."""
    sides = (_spans(_side(transcript.segments, role)) for role in ("agent", "customer"))
    return [span for span in _common(*sides) if span[1] - span[0] >= OVERLAP_SECONDS]


def _held(marks: Sequence[Mark]) -> float:
    return _total(union((mark.start, mark.end) for mark in marks if mark.kind == "hold"))


def _side(segments: Sequence[Segment], role: str) -> list[Segment]:
    return [segment for segment in segments if segment.speaker == role]


def _spans(segments: Sequence[Segment]) -> list[Span]:
    return union((segment.start, segment.end) for segment in segments)


def union(spans: Iterable[Span], bridge: float = 0.0) -> list[Span]:
    """Spans merged where they touch or lie at most ``bridge`` apart, in order."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start - merged[-1][1] <= bridge:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _gaps(spans: Sequence[Span], duration: float) -> list[Span]:
    edges = [0.0, *(edge for span in spans for edge in span), duration]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in pairs if end > start]


def _common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Where spans of both lie; each is in order and without overlap, and each is walked once."""
    found: list[Span] = []
    left = right = 0
    while left < len(one) and right < len(other):
        a, b = one[left], other[right]
        if min(a[1], b[1]) > max(a[0], b[0]):
            found.append((max(a[0], b[0]), min(a[1], b[1])))
        if a[1] <= b[1]:
            left += 1
        else:
            right += 1
    return found


def _total(spans: Iterable[Span]) -> float:
    return round(sum(end - start for start, end in spans), _DECIMALS)


def _longest(spans: Iterable[Span]) -> float:
    return round(max((end - start for start, end in spans), default=0.0), _DECIMALS)


def interruptions(mine: Sequence[Span], theirs: Sequence[Span]) -> int:
    """How often I took the floor while they had it. Spans of each are in order and without overlap."""
    return sum(_interrupts(span, other) for span in mine if (other := _begun_before(span[0], theirs)))


def _begun_before(moment: float, spans: Sequence[Span]) -> Span | None:
    """The last span that begins before a moment: of those, none ends later."""
    place = bisect_left(spans, (moment, -inf))
    return spans[place - 1] if place else None


def _interrupts(span: Span, other: Span) -> bool:
    holds_floor = other[0] + TURN_SECONDS <= span[0] < other[1]
    shared = min(span[1], other[1]) - span[0]
    return holds_floor and shared >= OVERLAP_SECONDS and span[1] - span[0] >= FLOOR_SECONDS


def monologue(mine: Sequence[Span], theirs: Sequence[Span]) -> float:
    """The longest stretch, from first to last word, that one side talks without being broken."""
    breaks = [span for span in theirs if span[1] - span[0] > FLOOR_SECONDS]
    joined: list[Span] = []
    for start, end in mine:
        if (
            joined
            and start - joined[-1][1] <= MONOLOGUE_PAUSE_SECONDS
            and not _broken(joined[-1], start, breaks)
        ):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return _longest(joined)


def _broken(before: Span, start: float, breaks: Sequence[Span]) -> bool:
    other = _begun_before(start, breaks)
    return other is not None and other[1] > before[1]


def _rate(segments: Sequence[Segment], spans: Sequence[Span]) -> int:
    seconds = sum(end - start for start, end in spans)
    words = sum(len(segment.words) or len(segment.text.split()) for segment in segments)
    return round(words * 60 / seconds) if seconds else 0
