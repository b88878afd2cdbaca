"""Compliance, quality and coaching: three views of the one evaluation that there is, never a second one.

They read what the scorecard's criteria found (decisions, section 4). A criterion that waits for review counts
as not met. Of a scorecard without the criterion a view says that nothing was found, and flags nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calltrace.scorecards.document import Criterion, Scorecard

Json = Mapping[str, Any]

NAMED_WITHIN = 15.0
"""Seconds within which an agent says who is speaking."""
PURPOSE_TURNS = 4
"""Turns of the agent within which the purpose of the call is told."""
_DEAR, _WORTH = 15, 10
"""Points from which on a recommendation is urgent, and of some weight."""


@dataclass(frozen=True, slots=True)
class Told:
    """One call as it was evaluated: the stored documents, and the scorecard that they are of."""

    evaluation: Json
    segments: Sequence[Json]
    scorecard: Scorecard
    interruptions: Mapping[str, int]

    def criterion(self, key: str) -> Json | None:
        """What was found for a criterion; nothing if the scorecard has none of this name."""
        return next((one for one in self.evaluation["criteria"] if one["key"] == key), None)

    def start(self, segment_id: str) -> float | None:
        """When a segment begins."""
        return next((one["start"] for one in self.segments if one["id"] == segment_id), None)


def results(told: Told) -> dict[str, Any]:
    """``results`` of an analysis that is complete: no boolean and no number of it is null (CV-125)."""
    return {"compliance": _compliance(told), "quality": _quality(told), "coaching": _coaching(told)}


def _compliance(told: Told) -> dict[str, Any]:
    return {
        "identity_verification": _identity(told.criterion("greeting")),
        "mandatory_disclosures": _disclosures(told),
        "purpose_declaration": _purpose(told),
        "prohibited_phrases": _prohibited(told.criterion("prohibited_phrases")),
        "sensitive_data": _sensitive(told),
    }


def _identity(greeting: Json | None) -> dict[str, Any]:
    """Who is speaking: the part of the greeting in which a name is given, the later of its quotes."""
    moments = [one["start"] for one in _evidence(greeting)] if _met(greeting) else []
    moment = max(moments, default=None)
    early = moment is not None and moment <= NAMED_WITHIN
    return {"verified": _met(greeting), "timestamp": moment, "flagged": _asked(greeting) and not early}


def _disclosures(told: Told) -> dict[str, Any]:
    wanted = [one.key for one in told.scorecard.criteria if one.disclosure]
    asked = [key for key in wanted if _asked(told.criterion(key))]
    read = [key for key in asked if _met(told.criterion(key))]
    missing = [key for key in asked if key not in read]
    return {"read": not missing, "matched_disclosures": read, "missing_disclosures": missing}


def _purpose(told: Told) -> dict[str, Any]:
    found = told.criterion("purpose_declaration")
    spots = [one["segmentId"] for one in _evidence(found)] if _met(found) else []
    turn = _agent_turn(told.segments, spots)
    disclosed = _met(found) and (turn is None or turn <= PURPOSE_TURNS)
    return {
        "disclosed": disclosed, "interaction_number": turn, "flagged": _asked(found) and not disclosed,
    }  # fmt: skip


def _agent_turn(segments: Sequence[Json], spots: Collection[str]) -> int | None:
    """Which turn of the agent holds the first of some segments, counted from 1."""
    turn, speaking = 0, None
    for one in segments:
        if one["speaker"] == "agent" and speaking != "agent":
            turn += 1
        speaking = one["speaker"]
        if one["id"] in spots:
            return max(turn, 1)
    return None


def _prohibited(found: Json | None) -> dict[str, Any]:
    instances = [] if _met(found) or not _asked(found) else _quotes(found)
    return {"used": bool(instances), "instances": instances}


def _sensitive(told: Told) -> dict[str, Any]:
    """Which kinds were spoken, and when; never the value."""
    spans: Sequence[Json] = told.evaluation["sensitiveData"]
    instances = [{"kind": one["kind"], "timestamp": told.start(one["segmentId"])} for one in spans]
    return {"shared": bool(instances), "instances": instances}


def _quality(told: Told) -> dict[str, Any]:
    greeting, empathy = told.criterion("greeting"), told.criterion("empathy")
    first = next(iter(_quotes(greeting)), None) if _met(greeting) else None
    instances = _quotes(empathy) if _met(empathy) else []
    by = {side: int(told.interruptions.get(side, 0)) for side in ("agent", "customer")}
    return {
        "sentiment_analysis": _sentiment(told.evaluation["sentiment"]),
        "greeting": {
            "present": _met(greeting), "text": first["text"] if first else None,
            "timestamp": first["timestamp"] if first else None,
        },
        "empathetic_language": {"used": _met(empathy), "count": len(instances), "instances": instances},
        "interruptions": {"count": sum(by.values()), **by},
        "call_structure": {
            "opening": _met(greeting), "resolution": _met(told.criterion("resolution")),
            "closing": _met(told.criterion("closing")),
        },
    }  # fmt: skip


def _sentiment(moods: Json) -> dict[str, str]:
    """The customer's mood is the call's; a side that said nothing is neutral."""
    agent, customer = moods["agent"] or "neutral", moods["customer"] or "neutral"
    return {"overall": moods["customer"] or agent, "agent": agent, "customer": customer}


def _coaching(told: Told) -> dict[str, Any]:
    spoke = any(one["speaker"] == "customer" for one in told.segments)
    return {
        "recommendations": [
            _recommendation(text, told.scorecard) for text in told.evaluation["recommendations"]
        ],
        "customer_effort_score": told.evaluation["customerEffortScore"] if spoke else 0,
    }


def _recommendation(text: str, scorecard: Scorecard) -> dict[str, str]:
    about = next((one for one in scorecard.criteria if text.startswith(_advice(one))), None)
    if about is None:
        return {"text": text, "priority": "medium", "category": "general"}
    urgent = bool(about.critical) or about.points >= _DEAR
    priority = "high" if urgent else "medium" if about.points >= _WORTH else "low"
    return {"text": text, "priority": priority, "category": about.key}


def _advice(criterion: Criterion) -> str:
    return criterion.advice or f"Work on: {criterion.name}."


def _met(found: Json | None) -> bool:
    return found is not None and found["verdict"] == "met"


def _asked(found: Json | None) -> bool:
    """Whether the scorecard asks for it, and this call gave occasion."""
    return found is not None and found["verdict"] != "not_applicable"


def _evidence(found: Json | None) -> Sequence[Json]:
    return found["evidence"] if found else ()


def _quotes(found: Json | None) -> list[dict[str, Any]]:
    return [{"text": one["quote"], "timestamp": one["start"]} for one in _evidence(found)]
