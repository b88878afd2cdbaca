"""Secrets of an endpoint: the one of now, and those of before that are still good for a while."""

from datetime import datetime, timedelta

from calltrace.kit import clock
from calltrace.kit.words import Words
from calltrace.webhooks.errors import TooManySecretsError
from calltrace.webhooks.models import Endpoint

LONGEST_OVERLAP_HOURS = 168
DEFAULT_OVERLAP_HOURS = 24
MOST_EARLIER_SECRETS = 4
"""How many secrets of before can be good at once: each adds a signature to every delivery."""


def good_secrets(endpoint: Endpoint, now: datetime) -> tuple[str, ...]:
    """The sealed secrets that deliveries are signed with at ``now``, newest first."""
    return (endpoint.sealed_secret, *(one["sealed"] for one in _good(endpoint, now)))


def last_until(endpoint: Endpoint, now: datetime) -> datetime | None:
    """When the last secret of before stops being good; ``None`` when none is."""
    return max((_until(one) for one in _good(endpoint, now)), default=None)


def replace(endpoint: Endpoint, sealed: str, overlap: timedelta, now: datetime) -> None:
    """Make a secret the one of now. Every earlier one stays good as long as it was promised to be.

    Args:
        endpoint: locked for this.
        sealed: the new secret.
        overlap: how long the secret of now stays good beside it; zero ends it and all earlier ones at once.
        now: the moment of the rotation.

    Raises:
        TooManySecretsError: MOST_EARLIER_SECRETS are good still.
    """
    earlier: list[dict[str, str]] = []
    if overlap:
        ending = {"sealed": endpoint.sealed_secret, "until": clock.iso(now + overlap)}
        earlier = [ending, *_good(endpoint, now)]
    if len(earlier) > MOST_EARLIER_SECRETS:
        raise TooManySecretsError(
            Words(
                "%(most)s earlier secrets are good still; wait, or rotate with overlapHours 0.",
                most=MOST_EARLIER_SECRETS,
            )
        )
    endpoint.sealed_secret, endpoint.previous_secrets = sealed, earlier


def forget_ended(endpoint: Endpoint, now: datetime) -> None:
    """Drop the secrets whose time is over."""
    endpoint.previous_secrets = _good(endpoint, now)


def _good(endpoint: Endpoint, now: datetime) -> list[dict[str, str]]:
    return [one for one in endpoint.previous_secrets if _until(one) > now]


def _until(secret: dict[str, str]) -> datetime:
    return datetime.fromisoformat(secret["until"])
