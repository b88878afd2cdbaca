"""Every setting with its source, for people; secrets are only said to be set."""

from dataclasses import dataclass
from typing import cast

from calltrace.settings import PREFIX, Settings, source_of

SECRETS = {
    "secret_key", "admin_password", "database_url", "smtp_url", "asr_api_key", "llm_api_key",
    "stripe_secret_key", "stripe_webhook_secret",
    "oidc_client_secret",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting; ``source`` is ``argument``, ``environment``, ``calltrace.toml`` or ``default``."""

    name: str
    value: str
    source: str


def shown_settings(settings: Settings) -> list[Shown]:
    """All of them, in the order of the class."""
    return [_shown(settings, name) for name in Settings.model_fields]


def _shown(settings: Settings, name: str) -> Shown:
    value = getattr(settings, name)
    text = ("(set)" if value else "") if name in SECRETS else _plain(value)
    return Shown(PREFIX + name.upper(), text, source_of(settings, name))


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(str(one) for one in cast("tuple[object, ...]", value))
    return "" if value is None else str(value)
