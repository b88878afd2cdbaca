"""How values look on pages."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from calltrace.accounts.models import User
from calltrace.analyses.models import Analysis
from calltrace.analyses.texts import name_of_file
from calltrace.kit import clock
from calltrace.kit.words import Words, worded
from calltrace.speech.formats import clock as speech_clock
from calltrace.web.deeds import deed, fact
from calltrace.web.languages import language
from calltrace.web.names import heading, name, told

DONE: Mapping[str, str] = worded(
    {
        "key-revoked": "The API key was revoked. It opens nothing any more.",
        "endpoint-disabled": "The endpoint was disabled. Nothing is sent to it.",
        "endpoint-enabled": "The endpoint was enabled. Events from now on are sent to it.",
        "endpoint-changed": "The endpoint was changed.",
        "endpoint-deleted": "The endpoint was deleted.",
        "test-sent": "A test event is on its way.",
        "redelivered": "The delivery is on its way once more.",
        "recording-taken": "The recording was taken in. This page shows how far its analysis is.",
        "recordings-taken": "The recordings were taken in. The list shows how far their analyses are.",
        "evaluating": "The call is being evaluated once more.",
        "evaluating-many": "The calls are evaluated once more, one after the other.",
        "calls-erased": "The calls were erased, with everything that came of them.",
        "scorecard-copied": "The scorecard was copied as a draft."
        " Nothing is judged by it until it is published.",
        "scorecard-imported": "The scorecard was imported as a draft. It judges nothing yet.",
        "draft-saved": "The draft was saved. Nothing is judged by it until it is published.",
        "draft-discarded": "The draft was discarded.",
        "scorecard-published": "The version was published. Calls are held against it from now on.",
        "scorecard-archived": "The scorecard was archived. No call is held against it.",
        "scorecard-unarchived": "The scorecard was taken up again.",
        "scorecard-use-saved": "Who uses the scorecard was saved.",
        "backtest-begun": "The back-test has begun. This page shows how far it is.",
        "backtest-cancelled": "The back-test was cancelled. What was found so far stays.",
        "roles-swapped": "Agent and customer changed places. The call is being evaluated once more.",
        "view-saved": "The view was saved.",
        "view-deleted": "The view was deleted. No call was touched.",
        "view-first": "It was saved what “Calls” opens.",
        "decided": "Your decision counts from now on. The machine's verdict stays beside it.",
        "taken-back": "The decision was taken back. The machine's verdict counts again.",
        "commented": "The comment was written.",
        "comment-changed": "The comment was changed.",
        "comment-deleted": "The comment was deleted.",
        "acknowledged": "You have acknowledged this result.",
        "appealed": "The appeal was made. Somebody else decides on it.",
        "appeal-decided": "The appeal is decided.",
        "review-taken": "This review is yours for half an hour. Taking it again renews that.",
        "review-released": "The review was let go. Anybody may take it.",
        "review-assigned": "The review was assigned.",
        "review-finished": "The review is finished.",
        "review-skipped": "The review was skipped.",
        "rule-saved": "The rule was saved. It holds for calls that finish from now on.",
        "rule-deleted": "The rule was deleted. What it put on the queue stays there.",
        "alert-acknowledged": "The alert was acknowledged.",
        "alert-rule-saved": "The rule was saved. It holds for calls that are evaluated from now on.",
        "alert-rule-deleted": "The rule was deleted. What it raised stays.",
        "settings-saved": "The settings were saved.",
        "lifted": "The machine grades this criterion again.",
        "team-saved": "The team was saved. It decides from now on which calls its supervisors see.",
        "team-deleted": "The team was deleted.",
        "person-bound": "It was saved which agent this person is.",
        "export-asked": "The file is being made. It is here when it is done.",
        "note-written": "The note was written. The agent finds it here.",
        "note-deleted": "The note was deleted.",
        "calibration-begun": "The session has begun. Those who were asked find it here.",
        "calibration-answered": "Your verdicts were written down.",
        "calibration-closed": "The session is closed.",
        "password-changed": "Your password was changed, and you were signed out everywhere else.",
        "session-ended": "That session was signed out.",
        "sessions-ended": "You were signed out everywhere else.",
        "password-set": "Your password was set. Sign in with it.",
        "address-confirmed": "Your address is confirmed. Sign in with it.",
        "address-changed": "Your address was changed. Open the link that was sent there to confirm it.",
        "link-sent": "The link is on its way.",
        "paid": "Thank you. The plan is here as soon as Stripe has told us, which takes seconds.",
        "plan-changed": "The plan was changed.",
        "profile-saved": "Your profile was saved.",
        "second-factor-off": "Your second factor was taken away. The password alone opens your account.",
        "person-invited": "The invitation is on its way.",
        "person-saved": "The person was saved. A changed role holds from their next click.",
        "person-deactivated": "The person was deactivated and signed out everywhere.",
        "person-reactivated": "The person can sign in again.",
        "person-deleted": "The person was deleted. What they did stays under their name.",
        "person-signed-out": "The person was signed out everywhere.",
        "reset-sent": "A link to a new password is on its way to them.",
        "second-factor-removed": "The second factor was taken away from this person.",
        "filed-saved": "It was saved.",
        "filed-archived": "It was put away. Its calls stay with it, and no menu offers it.",
        "filed-unarchived": "It was taken out again.",
        "filed-deleted": "It was deleted. Its calls stay, and name it no more.",
        "signed-out": "You are signed out.",
        "signed-out-here": "You are signed out here, but not at your provider.",
    }
)
"""What a page says after something was done, by the name in its address: never a text from the address."""

_DAY, _HOUR, _MINUTE = 86_400, 3600, 60
_SECOND_MS = 1000
_KILO, _TEN = 1000, 10
_LONG_AGO = timedelta(days=30)


def moment(value: datetime) -> Markup:
    """A moment in UTC, for reading and for programs."""
    text = _text(value)
    return Markup('<time datetime="{}">{}</time>').format(clock.iso(value), text)


def exact(value: datetime) -> Markup:
    """A moment to the millisecond."""
    text = _text(value, f"%H:%M:%S.{value.microsecond // 1000:03d}")
    return Markup('<time datetime="{}">{}</time>').format(clock.iso(value), text)


def ago(value: datetime) -> Markup:
    """How long ago something was; the date when that is long."""
    passed = clock.now() - value
    if passed > _LONG_AGO:
        return moment(value)
    shown = Markup('<time datetime="{}" title="{}">{}</time>')
    return shown.format(clock.iso(value), _text(value), _passed(passed.total_seconds()))


def _text(value: datetime, clock_time: str = "%H:%M") -> str:
    utc = value.astimezone(UTC)
    return f"{utc.day} {utc.strftime(f'%b %Y, {clock_time}')} UTC"


def _passed(seconds: float) -> str:
    if seconds >= _DAY:
        return Words.plural("%(count)s day ago", "%(count)s days ago", int(seconds // _DAY))
    if seconds >= _HOUR:
        return Words.plural("%(count)s hour ago", "%(count)s hours ago", int(seconds // _HOUR))
    if seconds >= _MINUTE:
        return Words.plural("%(count)s minute ago", "%(count)s minutes ago", int(seconds // _MINUTE))
    return Words("just now")


def pretty(text: str) -> str:
    """JSON laid out for reading; other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def took(passed: timedelta) -> str:
    """How long something took."""
    milliseconds = round(passed.total_seconds() * 1000)
    return f"{milliseconds} ms" if milliseconds < _SECOND_MS else f"{milliseconds / _SECOND_MS:.1f} s"


def span(length: timedelta) -> str:
    """A length of time in its two largest units at most."""
    seconds = int(length.total_seconds())
    for size, unit, below, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // below
            return f"{seconds // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{seconds} s"


def size(count: int) -> str:
    """Bytes as people say them."""
    value, units = float(count), ("bytes", "kB", "MB", "GB", "TB")
    for unit in units:
        if value < _KILO or unit == units[-1]:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= _TEN else f"{value:.1f} {unit}"
        value /= _KILO
    raise AssertionError("the last unit takes what is left")


def decoded(answer: bytes) -> str:
    """What a receiver answered, as text; what is none shows as U+FFFD."""
    return answer.decode("utf-8", "replace")


def device(user_agent: str | None) -> str:
    """What a browser calls itself, roughly: the order matters, for each pretends to be the ones after it."""
    text = user_agent or ""
    browser = _first(text, ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", ""), ("Chrome", ""), ("Safari", ""))
    system = _first(
        text,
        ("Android", ""),
        ("iPhone", ""),
        ("iPad", ""),
        ("Windows", ""),
        ("Mac OS", "macOS"),
        ("Linux", ""),
    )
    if browser and system:
        return Words("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or Words("Unknown browser")


def _first(text: str, *marks: tuple[str, str]) -> str:
    return next((name or mark for mark, name in marks if mark in text), "")


def initials(user: User) -> str:
    """One or two letters that stand for a person."""
    words = (user.name or user.email.partition("@")[0].replace(".", " ")).split()
    letters = [word[0] for word in (words[:1] + words[1:][-1:]) if word]
    return "".join(letters).upper() or "?"


def breakable(code: str) -> Markup:
    """A code that may be broken after its underscores, and nowhere else."""
    return Markup("_<wbr>").join(code.split("_"))


def prose(text: str) -> Markup:
    """A text of the API's own description: what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an odd backtick is only itself
        return Markup("").join([text])
    quoted = [Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)]
    return Markup("").join(quoted)


def call_name(analysis: Analysis) -> str:
    """What people call a call by: its file, else the end of the address that it came from."""
    nameless = Words("Chat") if analysis.medium == "text" else Words("Call")
    return name_of_file(analysis.file_name, analysis.file_url) or analysis.external_id or nameless


def number(value: float) -> str:
    """A number with one decimal at most, and none that says nothing."""
    return f"{round(value, 1):g}"


def day(value: date) -> Markup:
    """A day, for reading and for programs."""
    text = f"{value.day} {value.strftime('%b %Y')}"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)


def percent(value: float) -> str:
    """A share of 1 in percent."""
    return f"{round(value * 100)} %"


def said(text: str, redacted: Sequence[str]) -> Markup:
    """Words of a call; a mark such as ``[payment_card]`` of a kind that was taken out is shown as one."""
    if not redacted:
        return Markup("").join([text])
    parts = re.split(rf"\[({'|'.join(map(re.escape, redacted))})\]", text)
    mark = Markup('<span class="redacted">{}<span class="unseen"> {}</span></span>')
    shown = [mark.format(name(part), Words("redacted")) if at % 2 else part for at, part in enumerate(parts)]
    return Markup("").join(shown)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "moment": moment, "exact": exact, "ago": ago, "pretty": pretty, "took": took,
    "breakable": breakable, "decoded": decoded, "device": device, "prose": prose, "call_name": call_name,
    "number": number, "percent": percent, "clock": speech_clock, "language": language,
    "said": said, "day": day, "initials": initials,
    "span": span, "size": size, "name": name, "heading": heading, "told": told, "deed": deed,
    "fact": fact,
}  # fmt: skip
