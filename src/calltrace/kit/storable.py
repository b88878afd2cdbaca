"""Text that a database can keep."""

from typing import Annotated

from pydantic import AfterValidator


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("NUL is no text.")
    return text


Storable = Annotated[str, AfterValidator(_storable)]
