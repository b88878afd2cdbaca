"""The scorecards that ship with the product."""

from functools import cache
from importlib.resources import files

from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.yaml import load_scorecard


@cache
def default_scorecard() -> Scorecard:
    """The "General service call": used when a call names no queue or the queue has no scorecard.

    Its id is derived from its key, so it is the same on every installation.
    """
    return load_scorecard((files("calltrace.scorecards") / "data" / "general_service_call.yaml").read_bytes())
