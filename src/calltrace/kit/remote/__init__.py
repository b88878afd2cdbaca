"""Asking a server of the operator's to do a model's work (``ASR_URL``, ``LLM_URL``), patiently and safely."""

from calltrace.kit.remote.address import checked_address, checked_key, endpoint
from calltrace.kit.remote.failure import Failure, Trouble
from calltrace.kit.remote.line import Line, calling
from calltrace.kit.remote.manners import Manners

__all__ = [
    "Failure", "Line", "Manners", "Trouble", "calling", "checked_address", "checked_key", "endpoint",
]  # fmt: skip
