"""What is shown of a call that was found: the line that says most of it, with the words that were found."""

import pytest

from calltrace.analyses.excerpts import AROUND, Excerpt, of
from calltrace.analyses.search_terms import Search
from calltrace.kit.folding import folded

LINES = (
    "Good morning, thank you for calling.", "I'd like a refund.", "A REFUND for the second month, please.",
    "Die Rückerstattung kommt. Rückerstattungen dauern.",
    f"{'well ' * 40}then you get a voucher, or vouchers {'again ' * 40}",
)  # fmt: skip


def _excerpt(wanted: str, lines: tuple[str, ...] = LINES) -> Excerpt | None:
    search = Search.of(wanted)
    assert search is not None
    said = "\n".join(f"s{at}\t{line}" for at, line in enumerate(lines))
    return of(said, "\n".join(map(folded, lines)), search)


@pytest.mark.parametrize(
    ("wanted", "segment", "found"),
    [
        ("refun", "s1", ["refund"]),
        ("refund month", "s2", ["REFUND", "month"]),
        ('"second month"', "s2", ["second month"]),
        ("ruckerstattung", "s3", ["Rückerstattung", "Rückerstattungen"]),
        ("banana thank", "s0", ["thank"]),
    ],
)
def test_the_line_that_says_most(wanted: str, segment: str, found: list[str]) -> None:
    excerpt = _excerpt(wanted)
    assert excerpt is not None
    assert (excerpt.segment_id, [text for text, is_found in excerpt.parts if is_found]) == (segment, found)
    assert excerpt.first == found[0]
    assert "".join(text for text, _found in excerpt.parts) in LINES[int(segment[1:])]


def test_a_long_line_is_cut_at_words() -> None:
    excerpt = _excerpt("voucher")
    assert excerpt is not None
    shown = "".join(text for text, _found in excerpt.parts)
    assert (excerpt.begins, excerpt.ends) == (False, False)
    assert len(shown) <= AROUND
    assert shown.startswith("well ")
    assert f" {shown} " in f" {LINES[4]}"
    assert [text for text, is_found in excerpt.parts if is_found] == ["voucher", "vouchers"]


@pytest.mark.parametrize("lines", [(), ("",), LINES])
def test_nothing_said_of_it_is_nothing_shown(lines: tuple[str, ...]) -> None:
    assert _excerpt("crm-4711", lines) is None


def test_a_word_without_end_and_characters_without_words() -> None:
    excerpt = _excerpt('"退款"', ("我要退款。" + "x" * 5000,))
    assert excerpt is not None
    assert excerpt.first == "退款"
