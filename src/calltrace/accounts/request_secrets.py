"""What requests are signed with, in contracts that have them signed: kept sealed, given anew with overlap."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from calltrace.accounts.models import ApiKey, Contract
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox

SIGNED: frozenset[Contract] = frozenset({"auralytik"})
"""Contracts whose keys come with a secret that requests are signed with."""
_HEAD, _BYTES = "ahs_", 32


def give(key: ApiKey, box: SecretBox, overlap: timedelta = timedelta(0)) -> str:
    """Give a key a new secret and answer it: the only time that it is known.

    Args:
        key: changed in place; the caller's transaction writes it.
        box: seals the secret: it is needed in clear to verify.
        overlap: how long the one of before stays good beside it.
    """
    secret = _HEAD + secrets.token_urlsafe(_BYTES)
    until = clock.now() + overlap
    key.previous_secret = (
        {"sealed": key.sealed_secret, "until": clock.iso(until)} if key.sealed_secret and overlap else None
    )
    key.sealed_secret = box.seal(secret)
    return secret


def of_new(key: ApiKey, box: SecretBox) -> str | None:
    """The secret of a key that was just made, where its contract has requests signed."""
    return give(key, box) if key.contract in SIGNED else None


def good(key: ApiKey, box: SecretBox, now: datetime) -> Sequence[str]:
    """The secrets that a request may be signed with, the newest first."""
    sealed = [key.sealed_secret] if key.sealed_secret else []
    if key.previous_secret and datetime.fromisoformat(key.previous_secret["until"]) > now:
        sealed.append(key.previous_secret["sealed"])
    return [box.open(one) for one in sealed]
