"""From what a request says to the whole document of a version."""

import re
import unicodedata

from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard

_LONGEST_KEY = 64


def first_document(name: str | None, document: Scorecard | None) -> Scorecard:
    """What a new scorecard says: the given document, else a copy of the one that ships under a new name.

    Raises:
        InvalidRequestError: neither is given.
    """
    if document is not None:
        return named(document, name)
    if name is None:
        detail = "Send a document, or a name to begin with a copy of the scorecard that ships."
        raise InvalidRequestError(detail, errors=[FieldError("/document", detail)])
    return named(default_scorecard(), name).model_copy(update={"key": key_of(name)})


def named(document: Scorecard, name: str | None) -> Scorecard:
    """A document under another name; the name is part of a version, as evaluations show it."""
    return document if name is None else document.model_copy(update={"name": name})


def key_of(name: str) -> str:
    """A key that reads like a name: its Latin letters and digits."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST_KEY].rstrip("_")
    return key if key[:1].isalpha() else f"scorecard_{key}"[:_LONGEST_KEY].rstrip("_")
