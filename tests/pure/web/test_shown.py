"""How values look on pages."""

from datetime import UTC, datetime, timedelta

import pytest

from calltrace.accounts.scopes import SCOPES
from calltrace.kit import clock
from calltrace.web.deeds import fact
from calltrace.web.scopes import RECOMMENDED, SCOPE_TEXTS
from calltrace.web.shown import ago, device, exact, moment, pretty, prose, said

NOW = datetime(2026, 6, 19, 9, 5, 7, 89_000, UTC)


def test_moments_are_in_utc_and_readable_by_programs() -> None:
    assert moment(NOW) == '<time datetime="2026-06-19T09:05:07.089Z">19 Jun 2026, 09:05 UTC</time>'
    assert ">19 Jun 2026, 09:05:07.089 UTC<" in exact(NOW)


@pytest.mark.parametrize(
    ("passed", "text"),
    [(timedelta(seconds=-5), "just now"), (timedelta(seconds=59), "just now"),
     (timedelta(minutes=1), "1 minute ago"), (timedelta(minutes=59), "59 minutes ago"),
     (timedelta(hours=23), "23 hours ago"), (timedelta(days=1), "1 day ago"),
     (timedelta(days=30), "30 days ago"), (timedelta(days=31), "19 May 2026, 09:05 UTC")],
)  # fmt: skip
def test_what_is_not_long_ago_is_counted(
    monkeypatch: pytest.MonkeyPatch, passed: timedelta, text: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert f">{text}<" in ago(NOW - passed)


@pytest.mark.parametrize(
    ("text", "html"),
    [("", ""), ("An `id` or `null`.", "An <code>id</code> or <code>null</code>."), ("5 o`clock", "5 o`clock"),
     ("`<b>` & more", "<code>&lt;b&gt;</code> &amp; more"), ("<b>`", "&lt;b&gt;`")],
)  # fmt: skip
def test_what_stands_between_backticks_is_code_and_nothing_is_markup(text: str, html: str) -> None:
    assert prose(text) == html


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "text"),
    [(FIREFOX, "Firefox on Linux"), (EDGE, "Edge on Windows"), (IPHONE, "Safari on iPhone"),
     ("curl/8.5.0", "Unknown browser"), (None, "Unknown browser")],
)  # fmt: skip
def test_a_browser_is_named_roughly(user_agent: str | None, text: str) -> None:
    assert device(user_agent) == text


def test_json_is_laid_out_and_other_text_is_left_alone() -> None:
    assert pretty('{"a":["ü"]}') == '{\n  "a": [\n    "ü"\n  ]\n}'
    assert pretty("<not json>") == "<not json>"


def test_every_scope_is_described() -> None:
    assert [one.scope for one in SCOPE_TEXTS] == list(SCOPES)
    assert set(RECOMMENDED) < set(SCOPES)


def test_marks_of_what_was_redacted_are_shown_as_marks_and_other_brackets_as_they_are() -> None:
    text = "It is [payment_card], <b> and [cvv] or [sic]."
    shown = said(text, ["payment_card", "cvv"])
    mark = '<span class="redacted">payment card<span class="unseen"> redacted</span></span>'
    assert shown.startswith(f"It is {mark}, &lt;b&gt; and ")
    assert shown.endswith(" or [sic].")
    assert said(text, []) == "It is [payment_card], &lt;b&gt; and [cvv] or [sic]."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "none"), ([], "none"), ({}, "none"), (True, "yes"), (False, "no"), (0, "0"), ("word", "word"),
        (["a", "b"], "a, b"), ([1, None], "1, null"), ({"a": 1}, '{"a":1}'),
    ],
)  # fmt: skip
def test_details_of_the_trail_are_readable(value: object, shown: str) -> None:
    assert fact(value) == shown
