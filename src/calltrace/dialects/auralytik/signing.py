"""The signature of a request: what is signed, and whether it fits (decisions, section 1, authentication).

``X-Signature`` is Base64(HMAC-SHA256(secret, canonical)), with the secret's text as the key and
``canonical = {timestamp}.{METHOD}.{path}.{bodyHash}``; ``bodyHash`` is Base64(SHA-256(body)). The query is
not signed: the contract has it so.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from calltrace.dialects.auralytik.errors import SignatureError, TimestampExpiredError
from calltrace.kit import clock
from calltrace.kit.signatures import same

PREFIX = "/auralytik"
WINDOW_SECONDS = 300
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)


def canonical(timestamp: str, method: str, path: str, body: bytes) -> str:
    """The text that is signed."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
    return f"{timestamp}.{method.upper()}.{path}.{digest}"


def sign(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The signature of a request."""
    text = canonical(timestamp, method, path, body).encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode("ascii")


def signed_headers(
    key: str, secret: str, method: str, path: str, body: bytes = b"", moment: datetime | None = None
) -> Mapping[str, str]:
    """The three headers of a request, as a client sends them.

    Args:
        key: ``ak_live_…``.
        secret: ``ahs_…``.
        method: as it is sent.
        path: of the URL as it is sent: no host, no query.
        body: the exact bytes.
        moment: now, if none is given.
    """
    timestamp = str(int((moment or clock.now()).timestamp()))
    signature = sign(secret, timestamp, method, path, body)
    return {"X-Api-Key": key, "X-Timestamp": timestamp, "X-Signature": signature}


def check_time(timestamp: str | None, now: datetime) -> str:
    """The time of a request, as it was sent.

    Raises:
        SignatureError: it is missing or no integer. TimestampExpiredError: it is outside of the window.
    """
    if timestamp is None or not _INTEGER.fullmatch(timestamp):
        raise SignatureError("Send X-Timestamp: the time of the request in Unix seconds.")
    if abs(int(timestamp) - int(now.timestamp())) > WINDOW_SECONDS:
        raise TimestampExpiredError(f"X-Timestamp is more than {WINDOW_SECONDS} seconds away from now.")
    return timestamp


def check_signature(secrets: Iterable[str], signature: str | None, texts: Iterable[str]) -> None:
    """Let a signature pass that fits one of the secrets and one way to write the path.

    Every one is compared, in constant time: how long it takes tells nothing.

    Args:
        secrets: those that are good now.
        signature: as it was sent.
        texts: what may have been signed.

    Raises:
        SignatureError: it is missing, or none fits.
    """
    if not signature:
        raise SignatureError("Send X-Signature: the HMAC-SHA256 of the request, in Base64.")
    written = tuple(texts)
    fitting = [same(signature, _of(secret, text)) for secret in secrets for text in written]
    if not any(fitting):
        raise SignatureError("HMAC signature does not match.")


def _of(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode("ascii")


def paths(sent: str) -> tuple[str, ...]:
    """How a client may have written the path: a proxy in between may add or strip our prefix."""
    stripped = sent.removeprefix(PREFIX)
    return (sent, stripped) if stripped != sent and stripped.startswith("/") else (sent, PREFIX + sent)
