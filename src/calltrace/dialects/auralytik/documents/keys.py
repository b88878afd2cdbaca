"""API keys, and what they are told once."""

from calltrace.kit.document import Document


class Key(Document):
    """An API key; never the key itself, nor its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    allowed_ips: list[str]
    rate_limit_per_minute: int | None
    state: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class NewSecret(Key):
    """A key and its new secret, told this once."""

    hmac_secret: str


class NewKey(NewSecret):
    """A new key, told this once."""

    key: str


class RevokedKey(Document):
    """That a key is revoked."""

    id: str
    revoked: bool
    revoked_at: str
