"""``measure``: a number of the call within bounds. Nothing is estimated, so nothing is uncertain."""

from calltrace.evaluation.criteria.base import Opinion
from calltrace.evaluation.hearing import Hearing
from calltrace.scorecards.checks import Measure, Metric
from calltrace.speech.metrics import monologue, union


def examine(check: Measure, hearing: Hearing) -> Opinion:
    """Met when the metric lies within the bounds; unknown speakers leave side metrics undecidable."""
    value = measure(check.metric, hearing)
    good = (check.minimum is None or value >= check.minimum) and (
        check.maximum is None or value <= check.maximum
    )
    sided = check.metric.startswith("agent_") or check.metric == "seconds_to_first_agent_turn"
    doubt = 0.5 * hearing.unknown_share if sided else 0.0
    sentence = f"{check.metric.replace('_', ' ')}: {value:.3g} ({_bounds(check)})."
    return Opinion(
        met=1 - doubt if good else doubt,
        features={},
        reasons=(sentence, sentence, sentence),
        absence=True,
        method="measure",
        facts={check.metric: value},
    )


def measure(metric: Metric, hearing: Hearing) -> float:
    """The number itself: seconds, or a share between 0 and 1."""
    talk = sum(s.end - s.start for s in hearing.segments)
    agent = [s for s in hearing.segments if s.speaker == "agent"]
    duration = max(hearing.duration, 1e-9)
    silences = [
        *hearing.gaps,
        max(hearing.duration - max((s.end for s in hearing.segments), default=0.0), 0.0),
    ]
    numbers: dict[Metric, float] = {
        "longest_silence_seconds": float(max(silences)),
        "silence_share": min(float(sum(silences)) / duration, 1.0),
        "agent_talk_share": sum(s.end - s.start for s in agent) / max(talk, 1e-9),
        "seconds_to_first_agent_turn": agent[0].start if agent else hearing.duration,
        "duration_seconds": hearing.duration,
        "agent_longest_monologue_seconds": _longest_monologue(hearing),
    }
    return numbers[metric]


def _longest_monologue(hearing: Hearing) -> float:
    """As the call's own metrics count it: over segments, until the other side breaks in."""
    agent = [(s.start, s.end) for s in hearing.segments if s.speaker == "agent"]
    others = [(s.start, s.end) for s in hearing.segments if s.speaker != "agent"]
    return monologue(union(agent), union(others))


def _bounds(check: Measure) -> str:
    low = f"at least {check.minimum:g}" if check.minimum is not None else ""
    high = f"at most {check.maximum:g}" if check.maximum is not None else ""
    return " and ".join(part for part in (low, high) if part)
