"""What pages call what the data model knows: states, roles, kinds, methods; a new one shows as it is."""

from collections.abc import Mapping

from calltrace.kit.words import Words, worded

NAMES: Mapping[str, str] = worded({
    "queued": "queued", "pending": "pending", "running": "running", "completed": "completed",
    "failed": "failed", "cancelled": "cancelled", "expired": "expired", "delivered": "delivered",
    "suppressed": "suppressed", "confirmed": "confirmed", "overridden": "overridden", "undone": "undone",
    "fetching": "fetching", "decoding": "decoding", "transcribing": "transcribing",
    "evaluating": "evaluating", "open": "open",
    "in_review": "in review", "done": "done", "skipped": "skipped",
    "closed": "closed", "upheld": "upheld", "rejected": "rejected", "withdrawn": "withdrawn",
    "active": "active", "archived": "archived", "invited": "invited", "deactivated": "deactivated",
    "paused": "paused", "ended": "ended", "draft": "draft", "live": "live", "test": "test",
    "owner": "owner", "admin": "admin", "supervisor": "supervisor", "reviewer": "reviewer", "agent": "agent",
    "customer": "customer", "bot": "bot", "unknown": "unknown", "anyone": "anyone",
    "positive": "positive", "neutral": "neutral", "negative": "negative",
    "met": "met", "partly_met": "partly met", "not_met": "not met", "not_applicable": "not applicable",
    "needs_review": "needs review", "rule": "rule", "embedding": "embedding", "model": "model",
    "measure": "measure", "human": "human", "extract": "extract", "channel": "channel", "speech": "speech",
    "voices": "voices", "given": "given", "day": "day", "week": "week", "month": "month", "text": "text",
    "voice": "voice", "Inbound": "Inbound", "Outbound": "Outbound", "ok": "ok", "added": "added",
    "removed": "removed", "changed": "changed", "default": "default", "environment": "environment",
    "argument": "argument", "payment_card": "payment card", "cvv": "cvv", "expiry": "expiry",
    "account_number": "account number", "national_id": "national id", "date_of_birth": "date of birth",
    "phone": "phone", "email": "email", "address": "address", "person_name": "person name",
})  # fmt: skip
HEADINGS: Mapping[str, str] = worded({
    "live": "Live", "test": "Test", "day": "Day", "week": "Week", "month": "Month",
    "fetching": "Fetching", "decoding": "Decoding", "evaluating": "Evaluating", "transcribing": "Listening",
    "waiting": "Waiting", "owner": "Owner", "admin": "Admin", "supervisor": "Supervisor",
    "reviewer": "Reviewer", "agent": "Agent", "customer": "Customer", "unknown": "Unknown",
    "active": "Active", "completed": "Completed", "paused": "Paused", "draft": "Draft", "ended": "Ended",
    "archived": "Archived", "cancelled": "Cancelled", "calls": "Calls", "evaluations": "Evaluations",
    "batches": "Batches", "exports": "Exports", "messages": "Messages", "deliveries": "Deliveries",
    "database": "Database", "schema": "Schema", "storage": "Storage", "models": "Models",
    "language model": "Language model", "keys": "Keys", "mail": "Mail", "clock": "Clock",
})  # fmt: skip


def name(word: str) -> str:
    """A word of the data model within a sentence."""
    return NAMES.get(word) or word.replace("_", " ")


def heading(word: str) -> str:
    """The same as a label, or at the beginning of a sentence."""
    known = HEADINGS.get(word)
    return known or word.replace("_", " ").capitalize()


def told(text: str) -> str:
    """A text that was kept in English, such as an error's: in the language of the page if it is a message."""
    return Words.of(text)
