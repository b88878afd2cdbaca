"""Names of products and people that an organisation expects to hear, for the recogniser to know."""

import unicodedata
from collections.abc import Sequence

from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words

MOST_TERMS = 200
LONGEST_TERM = 80


def checked(terms: Sequence[str]) -> list[str]:
    """The list, if each entry is a word or a few that a person could say, and none comes twice.

    Raises:
        InvalidRequestError: naming the entry that is wrong.
    """
    if len(terms) > MOST_TERMS:
        words = Words("The vocabulary has at most %(most)s entries.", most=MOST_TERMS)
        raise _refused(None, f"has at most {MOST_TERMS} entries", words)
    seen: set[str] = set()
    for index, term in enumerate(terms):
        if not 0 < len(term) <= LONGEST_TERM or term != " ".join(term.split()):
            words = Words(
                "Entry %(number)s has 1 to %(longest)s characters, and only single spaces within.",
                number=index + 1,
                longest=LONGEST_TERM,
            )
            raise _refused(index, f"has 1 to {LONGEST_TERM} characters and only single spaces within", words)
        if not any(one.isalnum() for one in term) or any(_is_control(one) for one in term):
            words = Words(
                "Entry %(number)s has letters or digits, and no control characters.", number=index + 1
            )
            raise _refused(index, "has letters or digits, and no control characters", words)
        if term in seen:
            raise _refused(index, "comes twice", Words("Entry %(number)s comes twice.", number=index + 1))
        seen.add(term)
    return list(terms)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def _refused(index: int | None, reason: str, words: Words) -> InvalidRequestError:
    name, place = ("the list", "") if index is None else (f"entry {index + 1}", f"/{index}")
    fault = FieldError(f"/vocabulary{place}", words.where_programs_read(f"{name} {reason}."))
    return InvalidRequestError(words.where_programs_read(f"vocabulary: {fault.detail}"), errors=[fault])
