"""A CSV file of surveys, read line by line.

The first line names the columns: exactly one of ``callExternalId``, ``callId`` and ``conversationId`` is to
be filled in each line, and any of ``externalId``, ``state``, ``completionReason``, ``answeredAt``, ``score``,
``totalQuestions`` and ``questionsAnswered``. A question is a column ``answer: QUESTION``, ``score: QUESTION``
or both; an empty cell was not answered. The file is UTF-8, with commas or semicolons.
"""

import csv
import io
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from calltrace.analyses.survey_fields import MOST_SCORE, SurveyFields
from calltrace.analyses.surveys import Answered
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError

MOST_LINES = 50_000
MOST_QUESTIONS = 500
MOST_QUESTION_BYTES = 64 * 1024
"""Of all questions of a file: each survey keeps the text of those that it answers."""
MOST_FAULTS = 100
"""So many are named, of a file and of a line; a file with more is no less refused."""
_LONGEST_QUESTION, _LONGEST_ANSWER, _SHOWN = 2000, 5000, 100
_KNOWN = {to_camel(name) for name in SurveyFields.model_fields}
_MOST_COLUMNS = len(_KNOWN) + 2 * MOST_QUESTIONS


class SurveyFileTooLargeError(CallTraceError):
    """A file has more bytes or lines than are taken at once."""

    code = "request_too_large"
    status = 413
    title = "The file is too large"


@dataclass(frozen=True, slots=True)
class Line:
    """One survey of a file, or what is wrong with it; lines count from 1, the header included."""

    number: int
    told: Answered | None
    faults: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns in their order; ``about`` says of a column that asks what it is of which question."""

    names: Sequence[str]
    about: Mapping[str, tuple[str, str]]
    questions: Sequence[str]


def refusal(faults: Sequence[FieldError]) -> InvalidRequestError:
    """The file is refused as a whole."""
    least = "at least " if len(faults) > MOST_FAULTS else ""
    more = f" (and {least}{len(faults) - 1} more)" if len(faults) > 1 else ""
    detail = f"Nothing was taken in. {faults[0].detail}{more}"
    return InvalidRequestError(detail, errors=faults[:MOST_FAULTS])


def fault(number: int, column: str, message: str) -> FieldError:
    """What is wrong in a line."""
    where = f"/lines/{number}" + (f"/{column}" if column else "")
    return FieldError(where, f"Line {number}: {message}")


def read(file: IO[bytes]) -> Iterator[Line]:
    """The surveys of a file, as they are read.

    Raises:
        InvalidRequestError: it cannot be read on. SurveyFileTooLargeError: it has too many lines.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield from _surveys(text)
    except UnicodeDecodeError as error:
        raise InvalidRequestError("The file is not UTF-8.") from error
    finally:
        text.detach()


def _surveys(text: io.TextIOWrapper) -> Generator[Line]:
    first = text.readline()
    text.seek(0)
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    header: _Header | None = None
    count = 0
    for number, cells in _records(reader):
        if header is None:
            header = _header(cells)
        elif any(cells):
            count += 1
            if count > MOST_LINES:
                raise SurveyFileTooLargeError(f"A file has at most {MOST_LINES} surveys.")
            yield _line(number, header, cells)
    if header is None:
        raise refusal([fault(1, "", "The file is empty: its first line names the columns.")])


def _records(reader: Any) -> Generator[tuple[int, list[str]]]:
    """Records with the line that they begin in."""
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refusal([fault(begins, "", f"This is no CSV: {error}.")]) from error
        yield begins, cells
        begins = reader.line_num + 1


def _header(cells: Sequence[str]) -> _Header:
    too_many = f"A survey has at most {MOST_QUESTIONS} questions."
    if len(cells) > _MOST_COLUMNS:
        raise refusal([fault(1, "", too_many)])
    names = [one.strip() for one in cells]
    about = {one: found for one in names if (found := _question(one))}
    times = Counter(about.get(one, one) for one in names)
    wrong = [one for one in names if times[about.get(one, one)] > 1 or one not in {*_KNOWN, *about}]
    if wrong:
        shown = [one[:_SHOWN] for one in dict.fromkeys(wrong)]
        raise refusal([fault(1, one, f"{one!r} is no column, or comes twice.") for one in shown])
    questions = list(dict.fromkeys(question for _kind, question in about.values()))
    if len(questions) > MOST_QUESTIONS:
        raise refusal([fault(1, "", too_many)])
    if sum(len(one.encode()) for one in questions) > MOST_QUESTION_BYTES:
        raise refusal([fault(1, "", f"All questions together have at most {MOST_QUESTION_BYTES} bytes.")])
    return _Header(names, about, questions)


def _question(name: str) -> tuple[str, str] | None:
    """``answer`` or ``score``, and the question, of a column that is about one."""
    kind, colon, question = name.partition(":")
    kind, question = kind.strip(), question.strip()
    is_one = colon and kind in {"answer", "score"} and 0 < len(question) <= _LONGEST_QUESTION
    return (kind, question) if is_one and "\0" not in question else None


def _line(number: int, header: _Header, cells: Sequence[str]) -> Line:
    if len(cells) != len(header.names):
        wrong = f"There are {len(cells)} cells for {len(header.names)} columns."
        return Line(number, None, [fault(number, "", wrong)])
    row = {name: cell.strip() for name, cell in zip(header.names, cells, strict=True) if cell.strip()}
    faults = list[FieldError]()
    responses = _responses(number, header, row, faults)
    try:
        fields = SurveyFields.model_validate({k: v for k, v in row.items() if k not in header.about})
    except ValidationError as error:
        faults += [_told(number, one) for one in error.errors()]
        return Line(number, None, faults[:MOST_FAULTS])
    if faults:
        return Line(number, None, faults[:MOST_FAULTS])
    if fields.total_questions is None:
        fields.total_questions = len(header.questions)
    return Line(number, fields.told(responses))


def _told(number: int, error: Any) -> FieldError:
    column = str(error["loc"][-1]) if error["loc"] else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    return fault(number, column, f"{column}: {message}" if column else message)


def _responses(
    number: int, header: _Header, row: dict[str, str], faults: list[FieldError]
) -> list[dict[str, Any]]:
    """The questions that were answered, in the order of their columns."""
    cells = {header.about[name]: (name, cell) for name, cell in row.items() if name in header.about}
    found = list[dict[str, Any]]()
    for question in header.questions if cells else ():
        name, answer = cells.get(("answer", question), ("", None))
        if answer is not None and (len(answer) > _LONGEST_ANSWER or "\0" in answer):
            faults.append(fault(number, name, f"{name}: An answer has at most {_LONGEST_ANSWER} characters."))
        column, text = cells.get(("score", question), ("", None))
        if answer is not None or text is not None:
            note = _note(number, column, text, faults)
            found.append({"question": question, "answer": answer, "score": note})
    return found


def _note(number: int, column: str, text: str | None, faults: list[FieldError]) -> float | None:
    if text is None:
        return None
    try:
        note = float(text)
    except ValueError:
        note = float("nan")
    if not abs(note) <= MOST_SCORE:
        faults.append(fault(number, column, f"{column}: Not a number, or too large."))
        return None
    return note
