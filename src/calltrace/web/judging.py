"""What forms say of a criterion: a verdict, its points, and why."""

from typing import cast, get_args

from calltrace.evaluation.results import Settled
from calltrace.kit.digits import whole_number
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.reviews.overrides import LONGEST_REASON
from calltrace.web.forms import Form

VERDICTS: tuple[tuple[Settled, str], ...] = (
    ("met", Words("Met")), ("partly_met", Words("Partly met")), ("not_met", Words("Not met")),
    ("not_applicable", Words("Does not apply")),
)  # fmt: skip
"""What a person may choose, and how it is called."""
FIELDS = ("verdict", "points", "reason", "decision", "revision")


def wrong(field: str, detail: str) -> InvalidRequestError:
    """What is wrong with a field of a form."""
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


def verdict(form: Form, field: str = "verdict") -> Settled:
    """The verdict that was chosen.

    Raises:
        InvalidRequestError: none was.
    """
    chosen = form.text(field)
    if chosen not in get_args(Settled):
        raise wrong(field, Words("Choose a verdict."))
    return cast("Settled", chosen)


def points(form: Form) -> float | None:
    """What partly met earns; the field is hidden for other verdicts, and then says nothing.

    Raises:
        InvalidRequestError: it is no number.
    """
    if form.text("verdict") != "partly_met":
        return None
    try:
        return float(form.text("points").replace(",", "."))
    except ValueError as error:
        raise wrong("points", Words("Say how many points partly met is worth.")) from error


def reason(form: Form) -> str:
    """Why, as it was typed.

    Raises:
        InvalidRequestError: it is too long.
    """
    text = form.text("reason")
    if len(text) > LONGEST_REASON:
        raise wrong(
            "reason",
            Words("A reason has at most %(longest_reason)s characters.", longest_reason=LONGEST_REASON),
        )
    return text


def revision(form: Form) -> int:
    """Which decision of the criterion its maker saw.

    Raises:
        InvalidRequestError: it is no number that a page of ours holds.
    """
    number = whole_number(form.text("revision"))
    if number is None:
        raise wrong("revision", Words("Open the page again: the form does not say what you saw."))
    return number
