"""Scorecards in words that people who lead quality work with: what a criterion asks, of whom, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from calltrace.kit.words import Words, joined, worded
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
from calltrace.scorecards.cues import Cue, Near, Window
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.web.languages import language

KINDS: Mapping[str, tuple[str, str]] = {
    "said": (Words("Said"), Words("Something is said, perhaps in one part of the call.")),
    "not_said": (Words("Never said"), Words("Something must not be said anywhere.")),
    "sequence": (Words("Said in order"), Words("Several things are said one after the other.")),
    "verification": (Words("Verified first"), Words("The customer is identified before details are given.")),
    "hold": (Words("Holds"), Words("Each hold is announced and ended with thanks.")),
    "measure": (
        Words("Measured"),
        Words("A number of the call, such as silence or pace, keeps within bounds."),
    ),
    "question": (Words("Question"), Words("A closed question that a model or a person answers.")),
    "sensitive_data": (Words("Sensitive data"), Words("Card numbers and the like are not spoken.")),
    "sentiment_change": (Words("Mood"), Words("How the customer's mood changes in the call.")),
}
"""Kinds of criteria: how they are called, and what they are for."""

_ACTS = worded({
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
})  # fmt: skip
METRICS = worded(
    {
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
)
SENSITIVE = worded({
    "payment_card": "card number", "cvv": "security code", "expiry": "expiry date", "iban": "IBAN",
    "account_number": "account number", "national_id": "national id", "date_of_birth": "date of birth",
    "phone": "telephone number", "email": "e-mail address", "address": "postal address",
})  # fmt: skip
_VERDICTS = worded({
    "met": "met", "partly_met": "partly met", "not_met": "not met", "not_applicable": "not applicable",
    "needs_review": "needs review", "absent": "not on the scorecard",
})  # fmt: skip
_SIDES = worded({"agent": "the agent", "customer": "the customer", "anyone": "anyone"})


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
    name = Words("Name: %(name)s", name=criterion.name)
    points = Words("Points: %(points)s", points=f"{criterion.points:g}")
    found = [name, points, *marks(criterion), words.sentence]
    found += [*words.conditions, *words.facts]
    for cue in words.cues:
        found += [joined(": ", (cue.title, label, one)) for label, signs in cue.signs for one in signs]
    advice = Words("Advice: %(advice)s", advice=criterion.advice)
    return [*found, advice] if criterion.advice else found


def marks(criterion: Criterion) -> list[str]:
    """What is special about a criterion."""
    whole, section = Words("Critical: failing it fails the call"), Words("Critical for its section")
    found: list[str] = [section if criterion.critical == "section" else whole] if criterion.critical else []
    found += [Words("Bonus: earns on top")] if criterion.bonus else []
    return [*found, Words("Mandatory disclosure")] if criterion.disclosure else found


def _conditions(criterion: Criterion, names: Mapping[str, str]) -> Iterator[str]:
    if criterion.only_if is not None:
        other = names.get(criterion.only_if.criterion, criterion.only_if.criterion)
        verdicts = _any([verdict(one) for one in criterion.only_if.verdicts])
        yield Words("Only if “%(criterion)s” is %(verdicts)s", criterion=other, verdicts=verdicts)
    if criterion.applies_when is not None:
        yield Words("Only in calls in which %(occasion)s", occasion=_brief(criterion.applies_when))
    if criterion.languages:
        spoken = joined(", ", map(language, criterion.languages))
        yield Words("Only in %(languages)s", languages=spoken)
    if criterion.threshold is not None:
        yield Words("Goes to review below %(share)s %% certainty", share=f"{criterion.threshold * 100:g}")


def _sentence(check: AnyCheck) -> tuple[str, list[str]]:  # noqa: PLR0911 - one for each kind
    match check:
        case Said():
            return _said(check)
        case NotSaid():
            forbidden: list[str] = [Words("Forbidden: “%(phrase)s”", phrase=one) for one in check.phrases]
            return Words("Never said by %(who)s", who=_side(check.cues)), forbidden
        case Measure():
            return joined(": ", (metric(check.metric), _bounds(check))), []
        case Question():
            return check.question, [
                joined(": ", (f"“{one.text}”", _worth(one.verdict, one.share))) for one in check.answers
            ]
        case Verification():
            return Words("The customer is identified before any detail is given"), []
        case Hold():
            least = f"{check.min_seconds:g}"
            return Words("Each hold of %(least)s seconds or more is announced and ended", least=least), []
        case SensitiveData():
            return _unspoken(check), []
        case SentimentChange():
            return _mood(check.expect), []
        case _:
            return _in_order(check.max_gap_seconds), _shares(partial=check.partial)


def _unspoken(check: SensitiveData) -> str:
    kinds = joined(", ", map(sensitive, check.kinds))
    if check.only_by == "nobody":
        return Words("Not spoken: %(kinds)s", kinds=kinds)
    return Words("Not spoken, but by %(who)s: %(kinds)s", who=_SIDES[check.only_by], kinds=kinds)


def _mood(expect: str) -> str:
    if expect == "better":
        return Words("The customer's mood gets better in the call")
    return Words("The customer's mood gets no worse in the call")


def _in_order(gap: float | None) -> str:
    if not gap:
        return Words("Said in this order")
    return Words("Said in this order, each within %(gap)s seconds", gap=f"{gap:g}")


def _said(check: Said) -> tuple[str, list[str]]:
    begin = _one_said if len(check.cues) == 1 else _all_said
    said = begin(_side(check.cues), check.within)
    if check.near is not None:
        said = _near(said, check.near)
    return said, _shares(partial=check.partial)


def _one_said(who: str, within: Window | None) -> str:
    if within is None:
        return Words("Said by %(who)s", who=who)
    if within.first_seconds is not None:
        first = f"{within.first_seconds:g}"
        return Words("Said in the first %(seconds)s seconds by %(who)s", seconds=first, who=who)
    last = f"{within.last_seconds:g}"
    return Words("Said in the last %(seconds)s seconds by %(who)s", seconds=last, who=who)


def _all_said(who: str, within: Window | None) -> str:
    if within is None:
        return Words("All of this is said by %(who)s", who=who)
    if within.first_seconds is not None:
        first = f"{within.first_seconds:g}"
        return Words(
            "All of this is said in the first %(seconds)s seconds by %(who)s", seconds=first, who=who
        )
    last = f"{within.last_seconds:g}"
    return Words("All of this is said in the last %(seconds)s seconds by %(who)s", seconds=last, who=who)


def _near(said: str, near: Near) -> str:
    values = {"said": said, "seconds": f"{near.seconds:g}", "occasion": _brief(near.cue)}
    match near.when:
        case "after":
            return Words("%(said)s, within %(seconds)s seconds after %(occasion)s", **values)
        case "before":
            return Words("%(said)s, within %(seconds)s seconds before %(occasion)s", **values)
        case _:
            return Words("%(said)s, within %(seconds)s seconds before or after %(occasion)s", **values)


def _shares(*, partial: bool) -> list[str]:
    told: list[str] = [Words("Each part earns its share of the points")] if partial else []
    return told


def _side(cues: Sequence[Cue]) -> str:
    sides = {cue.by for cue in cues}
    return _SIDES[sides.pop()] if len(sides) == 1 else Words("agent and customer")


def _brief(cue: Cue) -> str:
    what = [act(one) for one in cue.acts] or [Words("says %(what)s", what=one) for one in _words(cue)]
    return Words("%(who)s %(does)s", who=_SIDES[cue.by], does=_any(what))


def _does(by: str, name: str) -> str:
    return Words("%(who)s %(does)s", who=_SIDES[by], does=act(name))


def _any(parts: Sequence[str]) -> str:
    """Several of which one is enough: each beside what came before."""
    return reduce(_or, parts)


def _or(told: str, one: str) -> str:
    return Words("%(told)s or %(one)s", told=told, one=one)


def _and(told: str, one: str) -> str:
    return Words("%(told)s and %(one)s", told=told, one=one)


def _then(told: str, one: str) -> str:
    return Words("%(told)s, then %(one)s", told=told, one=one)


def _gist(check: AnyCheck) -> str:
    """What it is about, in a few words; nothing where the sentence says it all."""
    match check:
        case Said():
            return reduce(_and, [_few(cue) for cue in check.cues])
        case NotSaid():
            return _any([*([_few(check.cue)] if check.cue else []), *_quoted(check.phrases)])
        case InOrder():
            return reduce(_then, [_few(cue) for cue in check.steps])
        case _:
            return ""


def _few(cue: Cue) -> str:
    return _any([act(one) for one in cue.acts] or _words(cue))


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
        return Words("%(least)s to %(most)s", least=bounds[0], most=bounds[1])
    least, most = Words("at least %(bound)s", bound=bounds[0]), Words("at most %(bound)s", bound=bounds[1])
    return least if bounds[0] else most


def _worth(meaning: str | None, share: float | None) -> str:
    return (
        verdict(meaning) if meaning else Words("%(share)s %% of the points", share=f"{(share or 0) * 100:g}")
    )


def _cues(check: AnyCheck) -> Iterator[CueWords]:
    match check:
        case Said():
            yield from _numbered(check.cues)
            if check.near is not None:
                yield _cue(Words("Occasion"), check.near.cue)
        case NotSaid():
            if check.cue is not None:
                yield _cue(Words("What must not be said"), check.cue)
        case Verification():
            yield _cue(Words("The question"), check.ask)
            yield _cue(Words("The answer"), check.answer)
            yield _cue(Words("The detail"), check.detail)
        case Hold():
            yield _cue(Words("Asking first"), check.ask)
            yield _cue(Words("Not asking"), check.bare)
            yield _cue(Words("Coming back"), check.back)
        case Measure() | Question() | SensitiveData() | SentimentChange():
            return
        case _:
            yield from _numbered(check.steps, steps=True)


def _numbered(cues: Sequence[Cue], *, steps: bool = False) -> Iterator[CueWords]:
    for number, cue in enumerate(cues, 1):
        part, step = Words("Part %(number)s", number=number), Words("Step %(number)s", number=number)
        yield _cue(Words("Listened for") if len(cues) == 1 else step if steps else part, cue)


def _cue(title: str, cue: Cue) -> CueWords:
    signs = (
        (Words("What is done"), [_does(cue.by, one) for one in cue.acts]),
        (Words("But not"), [act(one) for one in cue.not_acts]),
        (Words("Words of %(who)s", who=_SIDES[cue.by]), cue.patterns),
        (Words("Such as"), [f"“{one}”" for one in cue.examples]),
        (Words("Not such as"), [f"“{one}”" for one in cue.counter_examples]),
        (Words("In"), [language(code) for code in cue.languages]),
    )
    return CueWords(title, [(label, found) for label, found in signs if found])
