"""What can go wrong with a call. Each user of a server has error codes of its own and translates."""

from typing import Literal

Trouble = Literal["later", "refused", "not_understood", "key", "unreadable"]
"""``later`` may pass; ``not_understood``: perhaps a simpler request is; the others stay."""


class Failure(Exception):  # noqa: N818 - it is translated into an error of whoever called
    """A call that came to nothing.

    Attributes:
        trouble: what kind it is.
        detail: in words, for operators; it may hold words of the server, never the key.
        after: seconds that the server wants to be left alone.
    """

    def __init__(self, trouble: Trouble, detail: str, after: float = 0.0) -> None:
        super().__init__(detail)
        self.trouble: Trouble = trouble
        self.detail = detail
        self.after = after
