"""What pydantic finds wrong with a document, in words for people who never heard of strings and floats."""

from collections.abc import Mapping
from typing import Any

from calltrace.kit.words import Words, messages

_PLAIN = messages(
    {
        "missing": "This is needed.",
        "string_too_short": "This is needed.",
        "too_short": "At least one is needed.",
        "string_too_long": "At most %(max_length)s characters.",
        "too_long": "At most %(max_length)s of them.",
        "float_parsing": "Write a number.",
        "float_type": "Write a number.",
        "finite_number": "Write a number.",
        "int_parsing": "Write a whole number.",
        "int_type": "Write a whole number.",
        "int_from_float": "Write a whole number.",
        "greater_than": "More than %(gt)s.",
        "greater_than_equal": "At least %(ge)s.",
        "less_than": "Less than %(lt)s.",
        "less_than_equal": "At most %(le)s.",
        "string_pattern_mismatch": "This has to match %(pattern)s.",
        "literal_error": "Choose one of these.",
        "bool_parsing": "Choose one of these.",
    }
)


def plain(problem: Mapping[str, Any]) -> Words:
    """One of pydantic's errors in words; programs read what pydantic says.

    What a validator of ours raised a ``ValueError`` with speaks for itself.
    """
    context = problem.get("ctx", {})
    reason = context.get("error")
    if isinstance(reason, ValueError) and reason.args:
        return Words.of(str(reason) if not isinstance(reason.args[-1], Words) else reason.args[-1])
    told = str(problem["msg"])
    if known := _PLAIN.get(problem["type"]):
        values = {
            name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()
        }
        return Words(known, **values).where_programs_read(told)
    text = told.removeprefix("Input should be ")
    return Words.of(f"{text[:1].upper()}{text[1:]}.").where_programs_read(told)
