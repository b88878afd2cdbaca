"""What a criterion asks for, in words that a model reads as a person does."""

from calltrace.scorecards.checks import AnyCheck
from calltrace.scorecards.cues import Cue, Near, Window
from calltrace.scorecards.document import Criterion

_MOST_PATTERNS, _MOST_EXAMPLES = 8, 6

ACTS: dict[str, str] = {
    "greeting": "a greeting, thanks for calling or a welcome",
    "name_self": "their own name",
    "name_company": "the name of the company (a bare department is none)",
    "recording_notice": "a notice that the call is recorded, monitored, taped or kept",
    "ask_purpose": "asking for the reason of the call, such as how they can help",
    "state_purpose": "stating why they are calling",
    "ask_identifier": "asking for something that identifies the other party",
    "give_account_detail": "giving out details of the account, order or contract",
    "open_question": "an open question about the issue",
    "clarifying_question": "a clarifying question about the issue",
    "empathy": "acknowledging the feeling or the trouble of the other party",
    "apology": "an apology",
    "hold_request": "asking permission for a hold",
    "hold_reason": "saying why, or for how long, there will be a hold",
    "hold_bare": "announcing a hold in passing, without asking or explaining",
    "hold_return": "coming back after a hold, with thanks or an answer",
    "solution": "a solution of the issue",
    "commitment": "a commitment: who does what by when",
    "check_acceptance": "checking that the solution works for the other party (anything else? is none)",
    "offer_more_help": "an offer of further help",
    "farewell": "a courteous goodbye",
    "prohibited": "a threat, an insult, blame, refusal of responsibility, or a promise nobody can keep",
    "explanation": "an explanation",
    "small_talk": "small talk",
    "state_problem": "stating the issue",
    "voice_trouble": "voicing trouble, worry or annoyance",
    "give_identifier": "giving something that identifies them",
    "accept": "accepting what is offered",
    "reject": "rejecting what is offered",
    "ask_escalation": "asking for a supervisor, or wanting to complain",
    "give_card": "reading out a payment card",
    "thanks": "thanks",
    "hostile": "hostile words",
    "quote_prohibited": "quoting prohibited words of somebody else",
    "recording_mention": "mentioning that calls are recorded",
    "question": "a question",
}


def meaning_of(check: AnyCheck) -> str:
    """When the criterion counts as met, in a sentence or two; empty for kinds that are not for a model."""
    match check.kind:
        case "said":
            parts = "; and ".join(_cue(cue) for cue in check.cues)
            return f"Met if said{_window(check.within)}: {parts}.{_near(check.near)}"
        case "not_said":
            parts = "; or ".join(_cue(cue) for cue in check.cues)
            return f"Not met if said anywhere: {parts}. Met if that is said nowhere."
        case "sequence":
            steps = ", then ".join(_cue(step) for step in check.steps)
            most = check.max_gap_seconds
            gap = f", at most {most:g} seconds from one to the next" if most else ""
            return f"Met if said in this order{gap}: {steps}."
        case "verification":
            return (
                f"Met if first {_cue(check.ask)} is answered by {_cue(check.answer)}, and only after that "
                f"comes {_cue(check.detail)}. What is volunteered unasked does not count. "
                "Not applicable if no such detail comes."
            )
        case _:
            return ""


def occasion(criterion: Criterion) -> str:
    """What must occur for the criterion to apply at all."""
    when = criterion.applies_when
    return f"Not applicable unless this occurs: {_cue(when)}." if when else ""


def _cue(cue: Cue) -> str:
    who = "anyone" if cue.by == "anyone" else f"the {cue.by}"
    acts = [ACTS[act] for act in cue.acts]
    words = [f'words such as "{one}"' for one in cue.patterns[:_MOST_PATTERNS]]
    examples = [f'something like "{one}"' for one in cue.examples[:_MOST_EXAMPLES]]
    text = f"{who}: {' or '.join([*acts, *words, *examples])}"
    but = [
        *(ACTS[act] for act in cue.not_acts),
        *(f'"{one}"' for one in cue.counter_examples[:_MOST_EXAMPLES]),
    ]
    return f"{text} (but not: {'; '.join(but)})" if but else text


def _near(near: Near | None) -> str:
    if near is None:
        return ""
    side = {"after": "after", "before": "before", "either": "before or after"}[near.when]
    where = f" It counts at most {near.seconds:g} seconds {side} this: {_cue(near.cue)}."
    return f"{where} Not applicable if that does not occur."


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    if window.first_seconds is not None:
        return f" in the first {window.first_seconds:g} seconds"
    return f" in the last {window.last_seconds:g} seconds"
