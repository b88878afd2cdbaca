"""Reading forms by our own rules, and showing again what was wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.recordings.errors import FormTooLargeError
from calltrace.recordings.multipart import MAX_BYTES, MAX_FIELDS

_MEDIA_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in, by field; a field that is missing is empty."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict[str, list[str]])

    def text(self, name: str) -> str:
        """The one value of a field, without space around it."""
        return self.exact(name).strip()

    def exact(self, name: str) -> str:
        """The one value of a field as it was typed: a password may begin with a space."""
        return next(iter(self.values.get(name, ())), "")

    def every(self, name: str) -> Sequence[str]:
        """All values of a field: check boxes."""
        return self.values.get(name, ())

    def lines(self, name: str) -> list[str]:
        """The words of a field that takes several, apart by lines, spaces or commas."""
        return self.exact(name).replace(",", " ").split()


async def read_form(request: Request, most: int = MAX_BYTES) -> Form:
    """The body as a form, never more than ``most`` bytes of it.

    Raises:
        InvalidRequestError: it is no form. FormTooLargeError: it is too long.
    """
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared != _MEDIA_TYPE:
        raise InvalidRequestError(Words("A form is sent as %(media_type)s.", media_type=_MEDIA_TYPE))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise FormTooLargeError(Words("A form has at most %(most)s bytes.", most=most))
    return Form(_parse(bytes(body)))


def _parse(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise InvalidRequestError("The form cannot be read.") from error
    if any("\0" in text for pair in pairs for text in pair):
        raise InvalidRequestError("The form holds NUL characters.")
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What is wrong with a form: for the summary above it, and beside each field that has a part in it."""

    summary: Sequence[tuple[str, str]] = ()
    fields: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, error: CallTraceError, known: Sequence[str], blamed: str = "") -> "Mistakes":
        """The mistakes that a service found, by the fields that the form has.

        Args:
            error: what was refused.
            known: the fields of the form.
            blamed: the field that an error is about which names none.
        """
        by_field: dict[str, str] = {}
        for one in error.errors:
            name = one.pointer.strip("/").split("/")[0]
            if name in known:
                by_field.setdefault(name, one.detail)
        if not by_field and blamed:
            by_field[blamed] = error.detail
        return cls(tuple(by_field.items()) or (("", error.detail),), by_field)
