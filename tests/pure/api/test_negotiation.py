"""Accept headers, read as RFC 9110 says."""

import pytest

from calltrace.api.negotiation import best

OFFERED = ("application/json", "text/plain", "text/vtt")

CASES = {
    "absent": (None, "application/json"),
    "empty": ("", "application/json"),
    "anything": ("*/*", "application/json"),
    "one": ("text/vtt", "text/vtt"),
    "letter case": ("TEXT/VTT", "text/vtt"),
    "parameters do not count": ("text/vtt;charset=utf-8", "text/vtt"),
    "equals: our order": ("text/vtt, text/plain", "text/plain"),
    "quality decides": ("text/plain;q=0.5, text/vtt;q=0.9, application/json;q=0.1", "text/vtt"),
    "a group": ("text/*", "text/plain"),
    "a group without one": ("text/*, text/plain;q=0", "text/vtt"),
    "the specific one wins over the group": ("text/*;q=0.9, text/vtt;q=0.1, */*;q=0.5", "text/plain"),
    "zero forbids": ("application/json;q=0, */*", "text/plain"),
    "a browser": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
    "spaces": (" text/vtt ; q=1.000 ", "text/vtt"),
    "nothing fits": ("image/png", None),
    "all forbidden": ("*/*;q=0", None),
    "a bad quality is no range": ("text/vtt;q=2, text/plain;q=0.5", "text/plain"),
    "nothing readable": (";;,,q=1,text", "application/json"),
    "three decimals at most": ("text/vtt;q=0.9999, text/plain", "text/plain"),
}  # fmt: skip


@pytest.mark.parametrize(("accept", "expected"), CASES.values(), ids=CASES)
def test_what_an_accept_header_means(accept: str | None, expected: str | None) -> None:
    assert best(accept, OFFERED) == expected


def test_a_long_hostile_header_is_read_in_one_pass() -> None:
    assert best("a/b;" * 20_000 + "," * 20_000 + "text/vtt", OFFERED) == "text/vtt"
