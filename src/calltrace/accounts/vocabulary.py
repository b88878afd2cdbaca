"""Names of products and people that an organisation expects to hear, for the recogniser to know."""

import unicodedata
from collections.abc import Sequence

from calltrace.kit.errors import FieldError, InvalidRequestError

MOST_TERMS = 200
LONGEST_TERM = 80


def checked(terms: Sequence[str]) -> list[str]:
    """The list, if each entry is a word or a few that a person could say, and none comes twice.

    Raises:
        InvalidRequestError: naming the entry that is wrong.
    """
    if len(terms) > MOST_TERMS:
        raise _refused(None, f"has at most {MOST_TERMS} entries")
    seen: set[str] = set()
    for index, term in enumerate(terms):
        if not 0 < len(term) <= LONGEST_TERM or term != " ".join(term.split()):
            raise _refused(index, f"has 1 to {LONGEST_TERM} characters and only single spaces within")
        if not any(one.isalnum() for one in term) or any(_is_control(one) for one in term):
            raise _refused(index, "has letters or digits, and no control characters")
        if term in seen:
            raise _refused(index, "comes twice")
        seen.add(term)
    return list(terms)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def _refused(index: int | None, reason: str) -> InvalidRequestError:
    name, place = ("the list", "") if index is None else (f"entry {index + 1}", f"/{index}")
    detail = f"{name} {reason}."
    return InvalidRequestError(f"vocabulary: {detail}", errors=[FieldError(f"/vocabulary{place}", detail)])
