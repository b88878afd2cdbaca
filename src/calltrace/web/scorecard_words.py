"""Scorecards in words that people who lead quality work with: what a criterion asks, of whom, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from calltrace.scorecards.checks import (
    AnyCheck,
    Hold,
    Measure,
    NotSaid,
    Question,
    Said,
    SensitiveData,
    SentimentChange,
    Verification,
)
from calltrace.scorecards.checks import Sequence as InOrder
from calltrace.scorecards.cues import Cue, Window
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.web.languages import language

KINDS: Mapping[str, tuple[str, str]] = {
    "said": ("Said", "Something is said, perhaps in one part of the call."),
    "not_said": ("Never said", "Something must not be said anywhere."),
    "sequence": ("Said in order", "Several things are said one after the other."),
    "verification": ("Verified first", "The customer is identified before details are given."),
    "hold": ("Holds", "Each hold is announced and ended with thanks."),
    "measure": ("Measured", "A number of the call, such as silence or pace, keeps within bounds."),
    "question": ("Question", "A closed question that a model or a person answers."),
    "sensitive_data": ("Sensitive data", "Card numbers and the like are not spoken."),
    "sentiment_change": ("Mood", "How the customer's mood changes in the call."),
}
"""Kinds of criteria: how they are called, and what they are for."""

_ACTS = {
    "name_self": "says the own name", "name_company": "names the company",
    "recording_notice": "says that the call is recorded", "ask_purpose": "asks what the call is about",
    "state_purpose": "says what the call is about", "ask_identifier": "asks who the customer is",
    "give_account_detail": "gives a detail of the account", "open_question": "asks an open question",
    "clarifying_question": "asks to be sure", "empathy": "shows understanding", "apology": "apologises",
    "hold_request": "asks to hold", "hold_reason": "says why to hold", "hold_bare": "puts on hold unasked",
    "hold_return": "comes back from a hold", "solution": "offers a solution", "commitment": "promises to act",
    "check_acceptance": "asks whether that helps", "offer_more_help": "offers more help",
    "farewell": "says goodbye", "prohibited": "says what is prohibited", "explanation": "explains",
    "small_talk": "makes small talk", "greeting": "greets", "state_problem": "tells the problem",
    "voice_trouble": "complains", "give_identifier": "says who they are", "accept": "agrees",
    "reject": "refuses", "ask_escalation": "asks for a superior", "give_card": "reads out a card",
    "thanks": "thanks", "hostile": "is hostile", "quote_prohibited": "quotes what is prohibited",
    "recording_mention": "mentions the recording", "question": "asks something",
}  # fmt: skip
METRICS = {
    "duration_seconds": "Length of the call (seconds)",
    "silence_seconds": "Silence (seconds)",
    "silence_share": "Share of silence",
    "longest_silence_seconds": "Longest silence (seconds)",
    "hold_seconds": "Time on hold (seconds)",
    "overlap_seconds": "Both talk at once (seconds)",
    "agent_talk_seconds": "Agent talks (seconds)",
    "customer_talk_seconds": "Customer talks (seconds)",
    "agent_talk_share": "Share of the agent's talk",
    "customer_talk_share": "Share of the customer's talk",
    "agent_interruptions": "Interruptions by the agent",
    "customer_interruptions": "Interruptions by the customer",
    "agent_words_per_minute": "Agent's words per minute",
    "customer_words_per_minute": "Customer's words per minute",
    "agent_longest_monologue_seconds": "Agent's longest monologue (seconds)",
    "customer_longest_monologue_seconds": "Customer's longest monologue (seconds)",
    "seconds_to_first_agent_turn": "Seconds until the agent speaks",
}
SENSITIVE = {
    "payment_card": "card number", "cvv": "security code", "expiry": "expiry date", "iban": "IBAN",
    "account_number": "account number", "national_id": "national id", "date_of_birth": "date of birth",
    "phone": "telephone number", "email": "e-mail address", "address": "postal address",
}  # fmt: skip
_VERDICTS = {
    "met": "met", "partly_met": "partly met", "not_met": "not met", "not_applicable": "not applicable",
    "needs_review": "needs review", "absent": "not on the scorecard",
}  # fmt: skip
_SIDES = {"agent": "the agent", "customer": "the customer", "anyone": "anyone"}


def act(name: str) -> str:
    """A dialogue act in words."""
    return _ACTS.get(name, name.replace("_", " "))


def metric(name: str) -> str:
    """A measured number in words."""
    return METRICS.get(name, name.replace("_", " "))


def sensitive(name: str) -> str:
    """A kind of sensitive data in words."""
    return SENSITIVE.get(name, name.replace("_", " "))


def verdict(name: str) -> str:
    """A verdict in words."""
    return _VERDICTS.get(name, name.replace("_", " "))


@dataclass(frozen=True, slots=True)
class CueWords:
    """What is listened for: whose words, and by which signs it is known."""

    title: str
    signs: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Described:
    """A criterion for reading: one sentence, what is listened for, and when it counts.

    Attributes:
        sentence: what is asked, of whom, and when.
        gist: of what is listened for, for whoever reads no further.
        cues: all that is listened for.
        facts: further details.
        conditions: when it counts.
    """

    sentence: str
    gist: str = ""
    cues: Sequence[CueWords] = ()
    facts: Sequence[str] = field(default_factory=list[str])
    conditions: Sequence[str] = field(default_factory=list[str])


def describe(criterion: Criterion, names: Mapping[str, str]) -> Described:
    """A criterion in words; ``names`` of all criteria by their keys."""
    sentence, facts = _sentence(criterion.check)
    check = criterion.check
    return Described(sentence, _gist(check), list(_cues(check)), facts, list(_conditions(criterion, names)))


def names_of(scorecard: Scorecard) -> dict[str, str]:
    """The names of a scorecard's criteria by their keys."""
    return {one.key: one.name for one in scorecard.criteria}


def lines(criterion: Criterion, names: Mapping[str, str]) -> list[str]:
    """Everything that a criterion says, a line for each thing: what two versions are compared by."""
    words = describe(criterion, names)
    found = [f"Name: {criterion.name}", f"Points: {criterion.points:g}", *marks(criterion), words.sentence]
    found += [*words.conditions, *words.facts]
    for cue in words.cues:
        found += [f"{cue.title}: {label}: {one}" for label, signs in cue.signs for one in signs]
    return [*found, f"Advice: {criterion.advice}"] if criterion.advice else found


def marks(criterion: Criterion) -> list[str]:
    """What is special about a criterion."""
    reach = {True: "Critical: failing it fails the call", "section": "Critical for its section"}
    found = [reach[criterion.critical]] if criterion.critical else []
    found += ["Bonus: earns on top"] if criterion.bonus else []
    return [*found, "Mandatory disclosure"] if criterion.disclosure else found


def _conditions(criterion: Criterion, names: Mapping[str, str]) -> Iterator[str]:
    if criterion.only_if is not None:
        other = names.get(criterion.only_if.criterion, criterion.only_if.criterion)
        yield f"Only if “{other}” is {' or '.join(verdict(one) for one in criterion.only_if.verdicts)}"
    if criterion.applies_when is not None:
        yield f"Only in calls in which {_brief(criterion.applies_when)}"
    if criterion.languages:
        yield f"Only in {', '.join(language(code) for code in criterion.languages)}"
    if criterion.threshold is not None:
        yield f"Goes to review below {criterion.threshold * 100:g} % certainty"


def _sentence(check: AnyCheck) -> tuple[str, list[str]]:  # noqa: PLR0911 - one for each kind
    match check:
        case Said():
            return _said(check)
        case NotSaid():
            return f"Never said by {_side(check.cues)}", [f"Forbidden: “{one}”" for one in check.phrases]
        case Measure():
            return f"{metric(check.metric)}: {_bounds(check)}", []
        case Question():
            return check.question, [
                f"“{one.text}”: {_worth(one.verdict, one.share)}" for one in check.answers
            ]
        case Verification():
            return "The customer is identified before any detail is given", []
        case Hold():
            return f"Each hold of {check.min_seconds:g} seconds or more is announced and ended", []
        case SensitiveData():
            who = "" if check.only_by == "nobody" else f", but by {_SIDES[check.only_by]}"
            return f"Not spoken{who}: {', '.join(sensitive(one) for one in check.kinds)}", []
        case SentimentChange():
            better = check.expect == "better"
            return f"The customer's mood {'gets better' if better else 'gets no worse'} in the call", []
        case _:
            gap = f", each within {check.max_gap_seconds:g} seconds" if check.max_gap_seconds else ""
            return f"Said in this order{gap}", _shares(partial=check.partial)


def _said(check: Said) -> tuple[str, list[str]]:
    begin = "Said" if len(check.cues) == 1 else "All of this is said"
    near = ""
    if check.near is not None:
        when = {"after": "after", "before": "before", "either": "before or after"}[check.near.when]
        near = f", within {check.near.seconds:g} seconds {when} {_brief(check.near.cue)}"
    return f"{begin}{_window(check.within)} by {_side(check.cues)}{near}", _shares(partial=check.partial)


def _shares(*, partial: bool) -> list[str]:
    return ["Each part earns its share of the points"] if partial else []


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    if window.first_seconds is not None:
        return f" in the first {window.first_seconds:g} seconds"
    return f" in the last {window.last_seconds:g} seconds"


def _side(cues: Sequence[Cue]) -> str:
    sides = {cue.by for cue in cues}
    return _SIDES[sides.pop()] if len(sides) == 1 else "agent and customer"


def _brief(cue: Cue) -> str:
    what = [act(one) for one in cue.acts] or [f"says {one}" for one in _words(cue)]
    return f"{_SIDES[cue.by]} {' or '.join(what)}"


def _gist(check: AnyCheck) -> str:
    """What it is about, in a few words; nothing where the sentence says it all."""
    match check:
        case Said():
            return " and ".join(_few(cue) for cue in check.cues)
        case NotSaid():
            return " or ".join([*([_few(check.cue)] if check.cue else []), *_quoted(check.phrases)])
        case InOrder():
            return ", then ".join(_few(cue) for cue in check.steps)
        case _:
            return ""


def _few(cue: Cue) -> str:
    return " or ".join([act(one) for one in cue.acts] or _words(cue))


def _words(cue: Cue) -> list[str]:
    """The first of what is listened for, as it is said: a sentence tells more than a pattern."""
    return _quoted([*cue.examples, *(pattern.replace("*", "…") for pattern in cue.patterns)])


def _quoted(texts: Sequence[str]) -> list[str]:
    return [f"“{one}”" for one in texts[:2]]


def _bounds(check: Measure) -> str:
    scale, unit = (100, " %") if check.metric.endswith("_share") else (1, "")
    bounds = [
        f"{value * scale:g}{unit}" if value is not None else "" for value in (check.minimum, check.maximum)
    ]
    if all(bounds):
        return f"{bounds[0]} to {bounds[1]}"
    return f"at least {bounds[0]}" if bounds[0] else f"at most {bounds[1]}"


def _worth(meaning: str | None, share: float | None) -> str:
    return verdict(meaning) if meaning else f"{(share or 0) * 100:g} % of the points"


def _cues(check: AnyCheck) -> Iterator[CueWords]:
    match check:
        case Said():
            yield from _numbered("Part", check.cues)
            if check.near is not None:
                yield _cue("Occasion", check.near.cue)
        case NotSaid():
            if check.cue is not None:
                yield _cue("What must not be said", check.cue)
        case Verification():
            yield _cue("The question", check.ask)
            yield _cue("The answer", check.answer)
            yield _cue("The detail", check.detail)
        case Hold():
            yield _cue("Asking first", check.ask)
            yield _cue("Not asking", check.bare)
            yield _cue("Coming back", check.back)
        case Measure() | Question() | SensitiveData() | SentimentChange():
            return
        case _:
            yield from _numbered("Step", check.steps)


def _numbered(title: str, cues: Sequence[Cue]) -> Iterator[CueWords]:
    for number, cue in enumerate(cues, 1):
        yield _cue("Listened for" if len(cues) == 1 else f"{title} {number}", cue)


def _cue(title: str, cue: Cue) -> CueWords:
    signs = (
        ("What is done", [f"{_SIDES[cue.by]} {act(one)}" for one in cue.acts]),
        ("But not", [act(one) for one in cue.not_acts]),
        (f"Words of {_SIDES[cue.by]}", cue.patterns),
        ("Such as", [f"“{one}”" for one in cue.examples]),
        ("Not such as", [f"“{one}”" for one in cue.counter_examples]),
        ("In", [language(code) for code in cue.languages]),
    )
    return CueWords(title, [(label, found) for label, found in signs if found])
