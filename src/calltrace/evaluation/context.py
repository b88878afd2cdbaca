"""Named numbers about the whole call that a trained head may weigh beside a criterion's own cues."""

import numpy as np

from calltrace.evaluation.hearing import Hearing
from calltrace.kit.kept import kept_with
from calltrace.meaning.logistic import Vector, logit
from calltrace.scorecards.acts import ACTS_BY_SIDE, Side

_LATE_TURNS = 6
_REPLY_TURNS = 2
_EARLY_SECONDS = 60


@kept_with
def context(hearing: Hearing) -> dict[str, float]:
    """``side.max.act``, ``side.late.act`` (last six turns) as log odds, and a few facts that join turns."""
    facts: dict[str, float] = {"size": len(hearing.meant) / 30}
    for side, names in ACTS_BY_SIDE.items():
        for name in names:
            strength = hearing.acts[side][name][hearing.meant]
            facts[f"{side}.max.{name}"] = logit(float(strength.max(initial=0.0)))
            facts[f"{side}.late.{name}"] = logit(float(strength[-_LATE_TURNS:].max(initial=0.0)))
            facts[f"{side}.sum.{name}"] = float(np.log1p(strength.sum()))
    return facts | _joined(hearing)


def _joined(hearing: Hearing) -> dict[str, float]:
    agreed = _followed(hearing, "check_acceptance", ("accept",), _REPLY_TURNS)
    resented = _followed(hearing, "prohibited", ("hostile", "ask_escalation"), 1)
    rebuked = _followed(hearing, "prohibited", ("hostile", "quote_prohibited"), _REPLY_TURNS)
    first_minute = np.array([float(s.start < _EARLY_SECONDS) for s in hearing.segments])
    early_problem = hearing.acts["customer"]["state_problem"] * first_minute
    return {
        "agreed": logit(agreed),
        "resented": logit(resented),
        "rebuked": logit(rebuked),
        "early_problem": logit(float(early_problem.max(initial=0.0))),
        "agent.last_turn.farewell": logit(_last_turn(hearing, "agent", "farewell")),
        "agent_speaks_last": float(_speaks_last(hearing, "agent")),
    }


def _followed(hearing: Hearing, act: str, replies: tuple[str, ...], reach: int) -> float:
    """The surest pair of an agent's ``act`` and a customer's reply within ``reach`` turns."""
    first = hearing.acts["agent"][act]
    reply = _either(hearing, replies)
    first, reply = first[hearing.meant], reply[hearing.meant]
    pairs = [first[i] * reply[i + 1 : i + 1 + reach].max(initial=0.0) for i in range(len(first))]
    return float(max(pairs, default=0.0))


def _either(hearing: Hearing, names: tuple[str, ...]) -> Vector:
    miss = np.ones(hearing.size)
    for name in names:
        miss = miss * (1 - hearing.acts["customer"][name])
    return 1 - miss


def _last_turn(hearing: Hearing, side: Side, act: str) -> float:
    turns = np.flatnonzero(hearing.may_be(side)) if hearing.size else np.zeros(0, int)
    return float(hearing.acts[side][act][turns[-1]]) if len(turns) else 0.0


def _speaks_last(hearing: Hearing, side: Side) -> bool:
    return bool(hearing.meant) and hearing.segments[hearing.meant[-1]].speaker == side
