"""Signature headers of a native delivery: the seed's three and the Standard Webhooks three."""

from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from calltrace.kit.signatures import hmac_hex

USER_AGENT = "CallTrace-Webhooks/1"


def signed_headers(secrets: Sequence[str], delivery_id: str, body: str, moment: datetime) -> dict[str, str]:
    """Headers for one attempt, signed with the time of that attempt (acceptance CT-130 to CT-134).

    The native value signs ``timestamp + "." + body`` under the secret as text; the Standard Webhooks
    value signs ``id.timestamp.body`` under the secret's base64 part.

    Args:
        secrets: those that are good at the moment, newest first. The native header takes exactly one
            signature, made with the oldest: until an overlap ends, that is what every receiver knows. The
            Standard Webhooks header takes one of each.
        delivery_id: the same at each attempt.
        body: the exact text that is sent.
        moment: of this attempt.
    """
    timestamp = str(int(moment.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-CallTrace-Timestamp": timestamp,
        "X-CallTrace-Delivery": delivery_id,
        "X-CallTrace-Signature": "sha256=" + hmac_hex(secrets[-1], f"{timestamp}.{body}".encode()),
        "webhook-id": delivery_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(Webhook(one).sign(delivery_id, moment, body) for one in secrets),
    }
