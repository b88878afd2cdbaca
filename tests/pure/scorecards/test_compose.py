"""From a request to a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.kit.errors import InvalidRequestError
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.compose import first_document, key_of
from calltrace.scorecards.document import Scorecard


@pytest.mark.parametrize(
    ("name", "key"),
    [("Renewals", "renewals"), ("Größe & Preis", "grosse_preis"), ("24/7 line", "scorecard_24_7_line"),
     ("продажи", "scorecard"), ("!", "scorecard"), ("a" * 90, "a" * 64)],
)  # fmt: skip
def test_a_key_reads_like_the_name(name: str, key: str) -> None:
    assert key_of(name) == key


@given(st.text(min_size=1, max_size=120))
def test_any_name_gives_a_document_that_is_valid(name: str) -> None:
    made = first_document(name, None)
    assert Scorecard.model_validate(made.model_dump()) == made
    assert made.criteria == default_scorecard().criteria


def test_a_name_goes_before_the_documents_own() -> None:
    assert first_document("Other", default_scorecard()).name == "Other"
    assert first_document(None, default_scorecard()) == default_scorecard()


def test_nothing_gives_nothing() -> None:
    with pytest.raises(InvalidRequestError):
        first_document(None, None)
