"""Signals beside the score: escalation, mood per side, effort. Estimates from what was said, not how."""

from collections.abc import Mapping

from calltrace.evaluation.context import context
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.heads import Heads
from calltrace.evaluation.results import Mood, MoodBySide
from calltrace.scorecards.acts import Side

_CERTAIN = 0.5
_LONG_SILENCE = 60.0
_MANY_QUESTIONS = 4.0
_MUCH_TROUBLE = 2.5


def escalation(hearing: Hearing, heads: Heads) -> bool:
    """Whether the customer asks for a supervisor or wants to complain."""
    return hearing.size > 0 and heads.signals["escalation"].probability(context(hearing)) >= _CERTAIN


def sentiment(hearing: Hearing, heads: Heads) -> MoodBySide:
    """How each side sounded by its words; ``None`` for a side that said nothing, or that nobody knows."""
    facts = context(hearing)
    return MoodBySide(
        customer=_customer(facts, heads) if _speaks(hearing, "customer") else None,
        agent=_agent(facts) if _speaks(hearing, "agent") else None,
    )


def _speaks(hearing: Hearing, side: Side) -> bool:
    return any(segment.speaker == side and segment.text.strip() for segment in hearing.segments)


def _customer(facts: Mapping[str, float], heads: Heads) -> Mood:
    """Two trained questions, negative against the rest and positive against the rest; the surer one wins."""
    negative = heads.signals["customer_negative"].probability(facts)
    positive = heads.signals["customer_positive"].probability(facts)
    if max(negative, positive) < _CERTAIN:
        return "neutral"
    return "negative" if negative >= positive else "positive"


def _agent(facts: Mapping[str, float]) -> Mood:
    """No labels exist for agents: hostile words are negative, warm ones positive, the rest neutral."""
    if facts["agent.max.prohibited"] > 0:
        return "negative"
    return "positive" if facts["agent.max.empathy"] > 0 else "neutral"


def effort(hearing: Hearing, heads: Heads) -> int:
    """An estimate of the customer's effort, 1 (none) to 5 (very high), from what makes calls laborious.

    One point each, on top of 1: a silence over a minute, much asking by the customer, trouble voiced
    again and again, a wish to escalate; the sum is capped at 5.
    """
    if not hearing.size:
        return 1
    strength = hearing.acts["customer"]
    signs = (
        float(hearing.gaps.max()) > _LONG_SILENCE,
        strength["question"].sum() > _MANY_QUESTIONS,
        strength["voice_trouble"].sum() > _MUCH_TROUBLE,
        escalation(hearing, heads),
    )
    return min(1 + sum(map(bool, signs)), 5)
