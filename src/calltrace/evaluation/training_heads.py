"""Fitting of verdict heads: which named features each criterion of the default scorecard may weigh."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from calltrace.evaluation.context import context
from calltrace.evaluation.criteria.registry import KINDS
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.heads import CriterionHeads, Head, Heads, fingerprint
from calltrace.evaluation.judges.offline import described
from calltrace.evaluation.labelled import LabelledCall
from calltrace.meaning.logistic import fit
from calltrace.scorecards.document import Criterion, Scorecard

Heard = Sequence[tuple[LabelledCall, Hearing]]
Features = Mapping[str, float]

_PENALTY = 0.03
_PENALTIES = {"prohibited_phrases": 0.01}
"""Where a verdict has to be surer than elsewhere: leaving writers out, less penalty judges better there."""
# Chosen once, from what each criterion means; the regression weighs them, the penalty keeps it modest.
_VERDICT: dict[str, tuple[str, ...]] = {
    "greeting": ("cue0.best", "cue1.best", "weakest", "together"),
    "recording_disclosure": (
        *("cue0.best", "cue0.second", "cue0.third", "cue0.sum", "customer.max.recording_mention"),
    ),
    "identity_verification": (
        *("pair", "any_pair", "early", "early_by_best", "late"),
        *("ask.best", "answer.best", "detail.best", "ask.sum", "answer.sum", "detail.sum"),
    ),
    "purpose_declaration": (
        *("cue0.best", "cue0.second", "cue0.sum", "cue0.outside"),
        *("agent.max.ask_purpose", "agent.max.state_purpose", "early_problem"),
        *("agent.sum.ask_purpose", "agent.sum.state_purpose", "customer.max.state_problem"),
    ),
    "need_discovery": (
        *("cue0.best", "cue0.second", "cue0.third", "cue0.sum", "size"),
        *("agent.max.clarifying_question", "agent.max.open_question", "agent.max.check_acceptance"),
    ),
    "empathy": (
        *("cue0.best", "cue0.second", "cue0.third", "cue0.sum", "when.best", "when.sum"),
        *("agent.max.apology", "agent.sum.apology", "agent.max.prohibited", "agreed"),
        *("customer.max.thanks", "customer.late.thanks"),
    ),
    "hold_procedure": (
        *("before.ask", "before.bare", "after.back", "ask.best", "back.best", "bare.best"),
        *("procedure", "words"),
    ),
    "resolution": (
        *("step0.best", "step0.sum", "step1.best", "step1.second", "ordered", "agreed"),
        *("agent.max.solution", "agent.max.commitment", "customer.max.thanks", "customer.max.hostile"),
        *("customer.max.ask_escalation", "customer.late.accept", "agent.sum.explanation"),
        "agent.max.prohibited",
    ),
    "closing": (
        *("cue0.best", "agent.max.offer_more_help", "agent.late.farewell", "agent.last_turn.farewell"),
        *("agent_speaks_last", "customer.late.farewell", "agent.late.offer_more_help"),
    ),
    "prohibited_phrases": (
        *("cue.best", "cue.second", "cue.third", "cue.sum", "resented"),
        *("customer.max.ask_escalation", "customer.max.hostile", "agent.max.empathy"),
        # Who was insulted or threatened says so, and thanks nobody; who is courteous all along rarely is it.
        *("customer.max.quote_prohibited", "customer.sum.hostile", "customer.max.thanks"),
        *("customer.late.thanks", "agent.sum.empathy", "agent.max.apology", "agent.max.check_acceptance"),
        *("agent.max.offer_more_help", "agent.late.farewell"),
    ),
}
_APPLICABILITY: dict[str, tuple[str, ...]] = {
    "identity_verification": (
        *("when.best", "when.second", "when.sum", "ask.best", "ask.sum", "answer.best", "answer.sum"),
    ),
    "empathy": (
        *("when.best", "when.second", "when.third", "when.sum"),
        *("customer.max.hostile", "customer.max.ask_escalation", "agent.sum.empathy"),
    ),
    "hold_procedure": (
        *("silence", "second_silence", "ask.best", "back.best", "bare.best"),
        *("is_long", "is_half", "is_very_long"),
    ),
}
_SIGNALS: dict[str, tuple[str, ...]] = {
    "escalation": ("customer.max.ask_escalation", "customer.sum.ask_escalation", "customer.max.hostile"),
    "customer_negative": (
        *("customer.max.thanks", "customer.late.thanks", "customer.late.accept", "customer.late.hostile"),
        *("customer.max.ask_escalation", "customer.sum.voice_trouble", "customer.late.voice_trouble"),
        *("agent.max.prohibited", "agreed", "agent.max.check_acceptance", "customer.max.hostile"),
    ),
}
_SIGNALS["customer_positive"] = _SIGNALS["customer_negative"]
_TRUTH: dict[str, Callable[[LabelledCall], bool]] = {
    "escalation": lambda call: bool(call.signals["escalation"]),
    "customer_negative": lambda call: call.signals["customerSentiment"] == "negative",
    "customer_positive": lambda call: call.signals["customerSentiment"] == "positive",
}


def fit_heads(heard: Heard, scorecard: Scorecard, link: tuple[float, float, float]) -> Heads:
    """Verdict, applicability and signal heads from calls heard by acts that never saw their writers."""
    return Heads(
        criteria={
            fingerprint(one): _criterion(one, heard) for one in scorecard.criteria if one.key in _VERDICT
        },
        signals={name: _signal(name, heard) for name in _SIGNALS},
        example_link=link,
    )


def _criterion(criterion: Criterion, heard: Heard) -> CriterionHeads:
    kind = KINDS[criterion.check.kind]
    rows = [
        (call.labels[criterion.key], described(criterion, kind.examine(criterion.check, h), h))
        for call, h in heard
    ]
    applicable = [(verdict == "not_applicable", row) for verdict, row in rows]
    return CriterionHeads(
        verdict=_head(
            _VERDICT[criterion.key],
            [(v == "met", r) for v, r in rows if v != "not_applicable"],
            _PENALTIES.get(criterion.key, _PENALTY),
        ),
        applicability=_head(_APPLICABILITY[criterion.key], [(not no, row) for no, row in applicable])
        if criterion.key in _APPLICABILITY
        else None,
    )


def _signal(name: str, heard: Heard) -> Head:
    return _head(_SIGNALS[name], [(_TRUTH[name](call), context(hearing)) for call, hearing in heard])


def _head(names: tuple[str, ...], rows: Sequence[tuple[bool, Features]], penalty: float = _PENALTY) -> Head:
    x = np.array([[features[name] for name in names] for _, features in rows], float)
    y = np.array([truth for truth, _ in rows], float)
    return Head(names, fit(x, y, penalty))
