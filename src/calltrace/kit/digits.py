"""Whole numbers as forms, headers and addresses write them."""


def whole_number(text: str, most_digits: int = 9) -> int | None:
    """The number that ASCII digits say; ``None``: they are none, or too many to be meant.

    ``int`` refuses superscripts, which ``str.isdigit`` lets through, and thousands of digits.
    """
    if text.isascii() and text.isdigit() and len(text) <= most_digits:
        return int(text)
    return None
