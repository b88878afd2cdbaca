"""Which channel or voice is the agent: by setting, else by what agents and customers say.

A small, readable score and no model: each cue is a phrase that one side of a service call says and the
other does not. Announcements ("this call may be recorded") are played on the company's side.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calltrace.speech.role_cues import AGENT, CUSTOMER, Cue
from calltrace.speech.transcript import Role

ChannelOption = Literal["auto", "agent-left", "agent-right", "mono"]

_OPENING_SECONDS = 45.0
_OPENING_FACTOR = 1.5
"""The first lines say most about who is who."""
_SURE_AT = 4.0
"""A lead of this many points (two clear phrases) makes a confidence of 0.88."""
_SETTING, _GUESS, _MONO = 0.99, 0.5, 0.2
"""Confidences: told by the operator; no cue at all; nothing tells the voices apart."""
_BETTER_THAN_A_GUESS = 0.6
"""About one clear phrase more for one voice than for the other."""
_DOUBT = 0.3
"""Of the confidence, what is lost where two voices are the same to the ear."""


@dataclass(frozen=True, slots=True)
class Line:
    """One segment as the scorer sees it; ``party`` is its channel, or its voice on a channel of several."""

    party: int
    start: float
    text: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of each channel or voice, and how sure that is (0 to 1)."""

    by_party: Mapping[int, Role]
    method: Literal["channel", "diarization"]
    confidence: float


def assign(
    channels: Sequence[int], speaking: Sequence[int], lines: Sequence[Line], option: ChannelOption
) -> Roles:
    """The role of each speaking channel.

    Args:
        channels: the channels that are not copies of each other.
        speaking: those on which somebody speaks.
        lines: what was said, in any order.
        option: ``auto`` decides from the content, channel 0 being the agent when nothing speaks for either.
    """
    if option == "mono" or len(channels) == 1:
        return _unknown(speaking)
    if option != "auto":
        agent = channels[0] if option == "agent-left" else channels[1]
        return Roles(_with_agent(channels, agent), "channel", _SETTING)
    if len(speaking) < 2:  # noqa: PLR2004 - one voice, or both on one channel: the channel says nothing
        return _unknown(speaking)
    return _from_content(speaking, lines)


def assign_voices(voices: Sequence[int], likeness: float, lines: Sequence[Line]) -> Roles:
    """The role of each voice on one channel.

    Unknown where there is only one voice, or where nothing that was said tells more than a guess would.

    Args:
        voices: who speaks, in the order in which they first do.
        likeness: of the two voices that are most alike, -1 to 1: what is hard to tell apart is less sure.
        lines: what was said, by voice.
    """
    if len(voices) < 2:  # noqa: PLR2004 - one voice has nobody to be told from
        return _unknown(voices)
    found = _from_content(voices, lines)
    confidence = round(found.confidence * (1 - _DOUBT * max(0.0, likeness)), 3)
    if found.confidence < _BETTER_THAN_A_GUESS:
        return Roles(dict.fromkeys(voices, "unknown"), "diarization", round(confidence, 3))
    return Roles(found.by_party, "diarization", confidence)


def _unknown(speaking: Sequence[int]) -> Roles:
    return Roles(dict.fromkeys(speaking, "unknown"), "diarization", _MONO if speaking else 0.0)


def _with_agent(channels: Sequence[int], agent: int) -> dict[int, Role]:
    return {channel: "agent" if channel == agent else "customer" for channel in channels}


def _from_content(speaking: Sequence[int], lines: Sequence[Line]) -> Roles:
    scores = {party: score([line for line in lines if line.party == party]) for party in speaking}
    ranked = sorted(speaking, key=lambda channel: (-scores[channel], channel))
    lead = scores[ranked[0]] - scores[ranked[1]]
    confidence = _GUESS + (1 - _GUESS) * math.tanh(lead / _SURE_AT)
    return Roles(_with_agent(speaking, ranked[0]), "channel", round(confidence, 3))


def score(lines: Sequence[Line]) -> float:
    """Points for being the agent: agent phrases minus customer phrases."""
    return sum(_points(line, AGENT) - _points(line, CUSTOMER) for line in lines)


def _points(line: Line, cues: Sequence[Cue]) -> float:
    factor = _OPENING_FACTOR if line.start < _OPENING_SECONDS else 1.0
    return factor * sum(cue.points for cue in cues if cue.pattern.search(line.text.lower()))
