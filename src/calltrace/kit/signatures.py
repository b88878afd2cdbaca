"""HMAC signatures of webhook deliveries and of signed links."""

import base64
import hashlib
import hmac
import secrets


def hmac_hex(secret: str, message: bytes) -> str:
    """Lower-case hex HMAC-SHA256 of a message under a secret's UTF-8 bytes."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare in constant time; texts that are not ASCII are simply different."""
    return hmac.compare_digest(left.encode(), right.encode())


def new_endpoint_secret() -> str:
    """``whsec_`` + base64 of 32 random bytes: the form that Standard Webhooks libraries accept."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
