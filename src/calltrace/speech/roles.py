"""Which channel or voice is the agent: by setting, else by what agents and customers say.

Each line has points for sounding like an agent (``role_head``); the party whose lines have the most is the
agent. How sure that is comes from calls of writers that the head never saw: it says how often a lead of
so many points was right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calltrace.meaning.logistic import Vector
from calltrace.speech import role_head
from calltrace.speech.transcript import Role

ChannelOption = Literal["auto", "agent-left", "agent-right", "mono"]
Method = Literal["channel", "diarization"]

_SETTING, _MONO = 0.99, 0.2
"""Confidences: told by the operator; nothing tells the voices apart."""
_BETTER_THAN_A_GUESS = 0.7
"""What voices on one channel need for a role: their words may be mixed up. A channel always has one."""
_DOUBT = 0.3
"""Of the confidence, what is lost where two voices are the same to the ear."""
_NOTHING_SAID = "Nothing that was said sounds like an agent; the first party is taken for one."
_TELLING = 3
"""So many lines are named as the reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """One segment as the scorer sees it; ``party`` is its channel, or its voice on a channel of several."""

    party: int
    text: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of each channel or voice.

    Attributes:
        by_party: every party that speaks; ``unknown`` where a role would be a guess.
        confidence: how sure the roles are, 0 to 1.
        reason: why, in one sentence; it may end in ``{lines}`` for the names of the lines in ``telling``.
        telling: places in the given lines of those that say most about who the agent is, in order.
    """

    by_party: Mapping[int, Role]
    method: Method
    confidence: float
    reason: str
    telling: tuple[int, ...] = ()


def assign(
    channels: Sequence[int], speaking: Sequence[int], lines: Sequence[Line], option: ChannelOption
) -> Roles:
    """The role of each speaking channel.

    Args:
        channels: the channels that are not copies of each other.
        speaking: those on which somebody speaks.
        lines: what was said, by channel, in order.
        option: ``auto`` decides from the content, the first channel being the agent when nothing was said.
    """
    if option == "mono":
        return _unknown(speaking, "The setting says that the channels do not tell the sides apart.")
    if len(channels) == 1:
        return _unknown(speaking, "There is only one channel.")
    if option != "auto":
        agent = channels[0] if option == "agent-left" else channels[1]
        reason = f"The setting says that the agent is on channel {agent}."
        return Roles(_with_agent(channels, agent), "channel", _SETTING, reason)
    if len(speaking) < 2:  # noqa: PLR2004 - one voice, or both on one channel: the channel says nothing
        return _unknown(speaking, "Somebody speaks on one channel only.")
    return _from_content(speaking, lines, "channel")


def assign_voices(voices: Sequence[int], likeness: float, lines: Sequence[Line]) -> Roles:
    """The role of each voice on one channel.

    Unknown where there is only one voice, or where nothing that was said tells more than a guess would.

    Args:
        voices: who speaks, in the order in which they first do.
        likeness: of the two voices that are most alike, -1 to 1: what is hard to tell apart is less sure.
        lines: what was said, by voice, in order.
    """
    if len(voices) < 2:  # noqa: PLR2004 - one voice has nobody to be told from
        return _unknown(voices, "Only one voice is heard.")
    found = _from_content(voices, lines, "diarization")
    confidence = round(found.confidence * (1 - _DOUBT * max(0.0, likeness)), 3)
    if found.confidence < _BETTER_THAN_A_GUESS:
        nobody = "Nothing that was said tells well enough who the agent is."
        return Roles(dict.fromkeys(voices, "unknown"), "diarization", confidence, nobody)
    return Roles(found.by_party, "diarization", confidence, found.reason, found.telling)


def _unknown(speaking: Sequence[int], reason: str) -> Roles:
    return Roles(dict.fromkeys(speaking, "unknown"), "diarization", _MONO if speaking else 0.0, reason)


def _with_agent(channels: Sequence[int], agent: int) -> dict[int, Role]:
    return {channel: "agent" if channel == agent else "customer" for channel in channels}


def _from_content(parties: Sequence[int], lines: Sequence[Line], method: Method) -> Roles:
    """By what the lines say. More than two: whoever is nearer to the agent than to the customer is one."""
    read = role_head.sample(len(lines))
    points = role_head.points([lines[index].text for index in read])
    owners = np.array([lines[index].party for index in read])
    total = {party: float(points[owners == party].sum()) for party in parties}
    # Whoever has no line among those that are read says nothing for or against anybody.
    agent, *others = sorted(parties, key=lambda party: (not (owners == party).any(), -total[party]))
    customer = [party for party in others if (owners == party).any()][-1:] or others[-1:]
    customer = customer[0]
    lead = total[agent] - total[customer]
    middle = (_mean(points[owners == agent]) + _mean(points[owners == customer])) / 2
    roles = _with_agent(parties, agent)
    for party in others[:-1]:
        roles[party] = "agent" if _mean(points[owners == party]) > middle else "customer"
    telling = _telling(points, owners, agent, read) if lead > 0 else ()
    reason = "What is said in {lines} sounds like an agent." if telling else _NOTHING_SAID
    return Roles(roles, method, round(role_head.shipped().confidence(lead), 3), reason, telling)


def _telling(points: Vector, owners: Vector, agent: int, read: Sequence[int]) -> tuple[int, ...]:
    best = sorted(np.flatnonzero((owners == agent) & (points > 0)), key=lambda at: -points[at])[:_TELLING]
    return tuple(sorted(read[int(at)] for at in best))


def _mean(values: Vector) -> float:
    """Who says nothing is no agent."""
    return float(values.mean()) if len(values) else -np.inf
