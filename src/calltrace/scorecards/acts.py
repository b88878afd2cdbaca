"""The closed list of dialogue acts that a scorecard may name: what a turn of a call *does*.

The list is a contract: the trained recogniser (``evaluation/judges/acts.py``) knows exactly these.
"""

from typing import Literal

Side = Literal["agent", "customer"]

AGENT_ACTS: tuple[str, ...] = (
    "greeting",
    "name_self",
    "name_company",
    "recording_notice",
    "ask_purpose",
    "state_purpose",
    "ask_identifier",
    "give_account_detail",
    "open_question",
    "clarifying_question",
    "empathy",
    "apology",
    "hold_request",
    "hold_reason",
    "hold_bare",
    "hold_return",
    "solution",
    "commitment",
    "check_acceptance",
    "offer_more_help",
    "farewell",
    "prohibited",
    "explanation",
    "small_talk",
)
CUSTOMER_ACTS: tuple[str, ...] = (
    "state_problem",
    "voice_trouble",
    "give_identifier",
    "accept",
    "reject",
    "ask_escalation",
    "give_card",
    "thanks",
    "hostile",
    "quote_prohibited",
    "recording_mention",
    "farewell",
    "question",
    "small_talk",
)
ACTS_BY_SIDE: dict[Side, tuple[str, ...]] = {"agent": AGENT_ACTS, "customer": CUSTOMER_ACTS}
