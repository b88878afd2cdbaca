"""How values look on pages."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from calltrace.analyses.models import Analysis
from calltrace.kit import clock
from calltrace.speech.formats import clock as speech_clock
from calltrace.web.languages import language

DONE: Mapping[str, str] = {
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
    "scorecard-copied": "The scorecard was copied as a draft. Nothing is judged by it until it is published.",
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
    "signed-out": "You are signed out.",
}
"""What a page says after something was done, by the name in its address: never a text from the address."""

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))
_SECOND_MS = 1000
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
    for size, unit in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


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
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"


def _first(text: str, *marks: tuple[str, str]) -> str:
    return next((name or mark for mark, name in marks if mark in text), "")


def prose(text: str) -> Markup:
    """A text of the API's own description: what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an odd backtick is only itself
        return Markup("").join([text])
    quoted = [Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)]
    return Markup("").join(quoted)


def call_name(analysis: Analysis) -> str:
    """What people call a call by: its file, else the end of the address that it came from."""
    if analysis.file_name:
        return analysis.file_name
    path = unquote(urlsplit(analysis.file_url or "").path)
    return path.rstrip("/").rpartition("/")[2] or analysis.external_id or "Call"


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
    mark = Markup('<span class="redacted">{}<span class="unseen"> redacted</span></span>')
    shown = [mark.format(part.replace("_", " ")) if at % 2 else part for at, part in enumerate(parts)]
    return Markup("").join(shown)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "moment": moment, "exact": exact, "ago": ago, "pretty": pretty, "took": took,
    "decoded": decoded, "device": device, "prose": prose, "call_name": call_name,
    "number": number, "percent": percent, "clock": speech_clock, "language": language,
    "said": said, "day": day,
}  # fmt: skip
