"""What is searched for is words, beginnings of words, and phrases in quotes."""

import time

import pytest

from calltrace.analyses.search_terms import MOST_TERMS, Search


def _said(text: str) -> list[str]:
    search = Search.of(text)
    assert search is not None
    return [one.phrase for one in search.terms]


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("refun", [" refun"]),
        ('"Cancel my account" now', [" cancel my account ", " now"]),
        ("“l'abonnement”", [" l abonnement "]),
        ("crm-call-12", [" crm call 12 "]),  # two characters begin too much: they must be all
        ('"no end', [" no end "]),
        ("same SAME sámé", [" same"]),
        ("''; DROP TABLE calls; --", [" drop", " table", " calls"]),
        ('%_% "" \' "', []),
    ],
)
def test_terms(text: str, phrases: list[str]) -> None:
    assert _said(text) == phrases


def test_nothing_typed_is_no_search() -> None:
    assert Search.of(" \t") is None


def test_a_name_is_found_by_any_part_of_it_but_a_short_one() -> None:
    search = Search.of('471 "471" 47 crm-4')
    assert search is not None
    assert [one.part for one in search.terms] == ["471", " 471 ", " 47 ", "crm 4"]


@pytest.mark.parametrize("text", ["x" * 10_000, '"' * 10_000, "a " * 5_000, '" a' * 3_000, "\0'\\%" * 2_500])
def test_ten_kilobytes_are_no_work(text: str) -> None:
    began = time.process_time()
    search = Search.of(text)
    assert time.process_time() - began < 0.1
    assert search is not None
    assert len(search.terms) <= MOST_TERMS
