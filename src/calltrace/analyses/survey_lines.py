"""A CSV file of surveys, read line by line.

The first line names the columns: exactly one of ``callExternalId``, ``callId`` and ``conversationId`` is to
be filled in each line, and any of ``externalId``, ``state``, ``completionReason``, ``answeredAt``, ``score``,
``totalQuestions`` and ``questionsAnswered``. A question is a column ``answer: QUESTION``, ``score: QUESTION``
or both; an empty cell was not answered. The file is UTF-8, with commas or semicolons.
"""

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from calltrace.analyses.survey_fields import MOST_SCORE, SurveyFields
from calltrace.analyses.surveys import Answered
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError

MOST_LINES = 50_000
MOST_QUESTIONS = 500
MOST_FAULTS = 100
"""So many are named; a file with more is no less refused."""
_LONGEST_QUESTION, _LONGEST_ANSWER = 2000, 5000


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


def refusal(faults: Sequence[FieldError]) -> InvalidRequestError:
    """The file is refused as a whole."""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
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
    header: list[str] | None = None
    for number, cells in _records(reader):
        if header is None:
            header = _header(cells)
        elif any(cells):
            yield _line(number, header, cells)
    if header is None:
        raise refusal([fault(1, "", "The file is empty: its first line names the columns.")])


def _records(reader: Any) -> Generator[tuple[int, list[str]]]:
    """Records with the line that they begin in."""
    begins, count = 1, 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refusal([fault(begins, "", f"This is no CSV: {error}.")]) from error
        yield begins, cells
        begins, count = reader.line_num + 1, count + 1
        if count > MOST_LINES:
            raise SurveyFileTooLargeError(f"A file has at most {MOST_LINES} surveys.")


def _header(cells: Sequence[str]) -> list[str]:
    names = [one.strip() for one in cells]
    known = {to_camel(name) for name in SurveyFields.model_fields}
    wrong = [one for one in names if one not in known and not _question(one)]
    wrong += [one for one in dict.fromkeys(names) if names.count(one) > 1]
    if wrong:
        raise refusal([fault(1, one, f"{one!r} is no column, or comes twice.") for one in wrong])
    if len(_questions(names)) > MOST_QUESTIONS:
        raise refusal([fault(1, "", f"A survey has at most {MOST_QUESTIONS} questions.")])
    return names


def _question(name: str) -> str | None:
    kind, colon, question = name.partition(":")
    question = question.strip()
    is_one = colon and kind.strip() in {"answer", "score"} and 0 < len(question) <= _LONGEST_QUESTION
    return question if is_one else None


def _questions(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(question for one in names if (question := _question(one))))


def _line(number: int, header: Sequence[str], cells: Sequence[str]) -> Line:
    if len(cells) != len(header):
        wrong = f"There are {len(cells)} cells for {len(header)} columns."
        return Line(number, None, [fault(number, "", wrong)])
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    faults = list[FieldError]()
    responses = _responses(number, header, row, faults)
    try:
        fields = SurveyFields.model_validate({k: v for k, v in row.items() if not _question(k)})
    except ValidationError as error:
        return Line(number, None, faults + [_told(number, one) for one in error.errors()])
    return Line(number, None if faults else fields.told(responses), faults)


def _told(number: int, error: Any) -> FieldError:
    column = str(error["loc"][-1]) if error["loc"] else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    return fault(number, column, f"{column}: {message}" if column else message)


def _responses(
    number: int, header: Sequence[str], row: dict[str, str], faults: list[FieldError]
) -> list[dict[str, Any]]:
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    for name in header:
        if (question := _question(name)) and name in row:
            cells[name.partition(":")[0].strip(), question] = (name, row[name])
    found = list[dict[str, Any]]()
    for question in _questions(header):
        name, answer = cells.get(("answer", question), ("", None))
        if answer is not None and (len(answer) > _LONGEST_ANSWER or "\0" in answer):
            faults.append(fault(number, name, f"{name}: An answer has at most {_LONGEST_ANSWER} characters."))
        column, text = cells.get(("score", question), ("", None))
        found.append({"question": question, "answer": answer, "score": _note(number, column, text, faults)})
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
