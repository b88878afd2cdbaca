"""``measure``: a number of the call within bounds. Nothing is estimated, so nothing is uncertain.

The numbers are those of the call's own metrics (``speech/metrics.py``), and shares of them.
"""

from calltrace.evaluation.criteria.base import Opinion
from calltrace.evaluation.hearing import Hearing
from calltrace.scorecards.checks import Measure, Metric
from calltrace.speech.transcript import TalkMetrics


def examine(check: Measure, hearing: Hearing) -> Opinion:
    """Met when the metric lies within the bounds; unknown speakers leave side metrics undecidable."""
    value = measure(check.metric, hearing)
    name = check.metric.replace("_", " ")
    if value is None:
        return _unknown(name, known=check.metric != "hold_seconds")
    good = (check.minimum is None or value >= check.minimum) and (
        check.maximum is None or value <= check.maximum
    )
    doubt = 0.5 * hearing.unknown_share if is_sided(check.metric) else 0.0
    sentence = f"{name}: {value:.3g} ({_bounds(check)})."
    return Opinion(
        met=1 - doubt if good else doubt,
        features={},
        reasons=(sentence, sentence, sentence),
        absence=True,
        method="measure",
        facts={check.metric: value},
    )


def measure(metric: Metric, hearing: Hearing) -> float | None:
    """The number itself: seconds, counts, words a minute, or a share between 0 and 1.

    ``None`` where there is nothing to measure: the pace of a side that says nothing, shares of a call without
    talk, hold music where only a transcript is known.
    """
    talk = hearing.metrics
    agent = [segment.start for segment in hearing.segments if segment.speaker == "agent"]
    numbers: dict[Metric, float | None] = {
        "duration_seconds": hearing.duration,
        "silence_seconds": talk.silence_seconds,
        "silence_share": _share(talk.silence_seconds, hearing.duration),
        "longest_silence_seconds": talk.longest_silence_seconds,
        "hold_seconds": talk.hold_seconds,
        "overlap_seconds": talk.overlap_seconds,
        "agent_talk_seconds": talk.talk_seconds.agent,
        "customer_talk_seconds": talk.talk_seconds.customer,
        "agent_interruptions": talk.interruptions.agent,
        "customer_interruptions": talk.interruptions.customer,
        "agent_longest_monologue_seconds": talk.longest_monologue_seconds.agent,
        "customer_longest_monologue_seconds": talk.longest_monologue_seconds.customer,
        "seconds_to_first_agent_turn": agent[0] if agent else hearing.duration,
    }
    return numbers[metric] if metric in numbers else _of_talk(metric, talk)


def _of_talk(metric: Metric, talk: TalkMetrics) -> float | None:
    """What is undefined for a side that never talks."""
    agent, customer = talk.talk_seconds.agent, talk.talk_seconds.customer
    numbers: dict[Metric, float | None] = {
        "agent_talk_share": _share(agent, agent + customer),
        "customer_talk_share": _share(customer, agent + customer),
        "agent_words_per_minute": talk.words_per_minute.agent if agent else None,
        "customer_words_per_minute": talk.words_per_minute.customer if customer else None,
    }
    return numbers[metric]


def is_sided(metric: Metric) -> bool:
    """Whether it matters who is agent and who is customer."""
    return "agent" in metric or "customer" in metric


def _unknown(name: str, *, known: bool) -> Opinion:
    """Without talk there is no pace: that is a fact. Music that nobody listened for may have been there."""
    nothing = f"{name}: there is nothing in the call to measure."
    unmeasured = f"{name}: not measured, as only a transcript is known."
    return Opinion(
        met=0.5,
        features={},
        reasons=(nothing, nothing, nothing),
        absence=True,
        method="measure",
        applicable=0.0 if known else 1.0,
        undecided="" if known else unmeasured,
    )


def _share(part: float, whole: float) -> float | None:
    return min(part / whole, 1.0) if whole > 0 else None


def _bounds(check: Measure) -> str:
    low = f"at least {check.minimum:g}" if check.minimum is not None else ""
    high = f"at most {check.maximum:g}" if check.maximum is not None else ""
    return " and ".join(part for part in (low, high) if part)
