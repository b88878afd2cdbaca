"""Reading files of surveys: what they may cost, and what their limits are."""

import io
import json
import time

import pytest

from calltrace.analyses import survey_lines
from calltrace.analyses.survey_lines import Line, SurveyFileTooLargeError
from calltrace.kit.errors import InvalidRequestError


def _read(*lines: str) -> list[Line]:
    return list(survey_lines.read(io.BytesIO("\n".join(lines).encode())))


def _refused(*lines: str) -> str:
    with pytest.raises(InvalidRequestError) as refusal:
        _read(*lines)
    return str(refusal.value.detail)


def test_a_header_of_very_many_columns_is_refused_at_once() -> None:
    begun = time.process_time()
    assert "at most 500 questions" in _refused("callId," + ",".join(f"answer: {i:x}" for i in range(100_000)))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "columns", ["callId", "answer: a,answer:  a", "answer: a\0b", "colour", f"answer: {'q' * 2001}"]
)
def test_columns_that_are_none_or_come_twice(columns: str) -> None:
    detail = _refused(f"callId,{columns}")
    assert "is no column, or comes twice" in detail
    assert len(detail) < 300


def test_what_was_not_answered_takes_no_room() -> None:
    questions = [f"{i:03d}" + "q" * 120 for i in range(500)]
    header = "callExternalId," + ",".join(f"answer: {one}" for one in questions)
    nothing, something = _read(header, "x" + "," * 500, "y,yes" + "," * 499)
    assert nothing.told is not None
    assert something.told is not None
    assert len(json.dumps(nothing.told.columns["responses"])) < 10
    assert something.told.responses == [{"question": questions[0], "answer": "yes", "score": None}]
    columns = something.told.columns
    assert (columns["total_questions"], columns["questions_answered"]) == (500, 1)
    assert (columns["state"], nothing.told.columns["state"]) == ("Partial", "NotStarted")


def test_questions_together_have_a_limit() -> None:
    columns = ",".join(f"answer: {i:03d}{'q' * 1000}" for i in range(70))
    assert "together" in _refused(f"callId,{columns}")


def test_a_file_has_as_many_surveys_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_lines, "MOST_LINES", 3)
    lines = ["callExternalId,answer: a", "x,1", "", ",", "y,1", "z,1"]
    assert len(_read(*lines)) == 3
    with pytest.raises(SurveyFileTooLargeError):
        _read(*lines, "w,1")


def test_a_line_that_is_wrong_everywhere_names_some_of_it() -> None:
    [line] = _read("callExternalId," + ",".join(f"score: {i}" for i in range(500)), "x" + ",a" * 500)
    assert len(line.faults) == survey_lines.MOST_FAULTS
