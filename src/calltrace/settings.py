"""All settings in one place: environment (``CALLTRACE_…``), ``calltrace.toml``, else the default.

Names and defaults are those of the interfaces page; ``calltrace settings`` prints each with its source.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from calltrace.kit.errors import ConfigurationError
from calltrace.kit.remote.address import checked_address, checked_key
from calltrace.kit.smtp_url import parse_smtp_url

PREFIX = "CALLTRACE_"
TOML_FILE = "calltrace.toml"

NOT_YET = ("OTEL_EXPORTER_OTLP_ENDPOINT",)
"""Documented names that this version does not act on: setting one is refused, never ignored."""

Numbers = Annotated[tuple[int, ...], NoDecode]
HostNames = Annotated[dict[str, str], NoDecode]
CONTRACTS = ("calltrace", "callcov", "callcenterrate", "auralytik")
Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """What an operator can choose. Lists of numbers are comma-separated."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=TOML_FILE, extra="ignore", frozen=True, env_ignore_empty=True
    )

    data_dir: Path = Path("./calltrace-data")
    database_url: str = ""
    pg_bin: Path | None = None
    storage_url: str = ""
    public_url: str = ""
    ui_language: str = "en"
    secret_key: str = ""
    admin_email: str = "admin@example.com"
    admin_password: str = ""

    outbound_allow_cidrs: Annotated[tuple[Network, ...], NoDecode] = ()
    outbound_ca_file: Path | None = None
    outbound_ports: Numbers = (443,)

    fetch_probe: Literal["on", "off"] = "on"
    fetch_max_bytes: int = Field(default=500 * 1024 * 1024, gt=0)
    fetch_timeout_seconds: float = Field(default=300, gt=0)
    max_duration_seconds: float = Field(default=14_400, gt=0)

    webhook_retry_schedule: Numbers = (10, 60, 300)
    callcenterrate_webhook_retry_schedule: Numbers = (60, 300, 1800, 7200, 21_600, 86_400)
    webhook_timeout_seconds: float = Field(default=10, gt=0)
    webhook_deliveries_kept_days: int = Field(default=90, ge=0)
    processing_retry_schedule: Numbers = (5, 30, 120)
    lease_seconds: float = Field(default=30, ge=2)
    drain_seconds: float = Field(default=20, ge=0)

    tls_cert_file: Path | None = None
    tls_key_file: Path | None = Field(default=None, validate_default=True)
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()

    rate_limit: int = Field(default=0, ge=0)
    org_rate_limit: int = Field(default=0, ge=0)

    auralytik_rate_limit: int = Field(default=300, gt=0)
    auralytik_webhook_retry_schedule: Numbers = (10, 60, 300, 1800)

    asr_model: str = "base"
    asr_threads: int = Field(default=0, ge=0)
    asr_url: str = ""
    asr_api_key: str = Field(default="", repr=False)
    asr_concurrency: int = Field(default=4, gt=0)
    asr_timeout_seconds: float = Field(default=120, gt=0)

    llm_url: str = ""
    llm_model: str = Field(default="", validate_default=True)
    llm_api_key: str = Field(default="", repr=False)
    llm_concurrency: int = Field(default=2, gt=0)
    llm_timeout_seconds: float = Field(default=120, gt=0)
    llm_call_seconds: float = Field(default=600, gt=0)
    llm_context_tokens: int = Field(default=8_192, ge=2_048)
    llm_budget_tokens: int = Field(default=60_000, gt=0)
    llm_redact: Literal["on", "off"] = "on"

    oidc_issuer: str = ""
    oidc_client_id: str = Field(default="", validate_default=True)
    oidc_client_secret: str = Field(default="", repr=False)
    oidc_name: str = "single sign-on"
    oidc_newcomers: str = ""

    smtp_url: str = ""
    callcov_rate_limit: int = Field(default=100, gt=0)
    callcov_submit_rate_limit: int = Field(default=20, gt=0)
    callcov_registration: Literal["on", "off"] = "on"
    callcov_webhook_retry_schedule: Numbers = (10, 60, 300)

    stripe_url: str = "https://api.stripe.com"
    stripe_webhook_secret: str = Field(default="", repr=False)
    stripe_price_starter: str = ""
    stripe_price_growth: str = ""
    stripe_price_overage: str = ""
    stripe_meter_event: str = ""
    stripe_secret_key: str = Field(default="", repr=False, validate_default=True)

    unconfirmed_kept_days: int = Field(default=7, gt=0)

    hosts: HostNames = Field(default_factory=dict)

    log_format: Literal["console", "json", ""] = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    sources: ClassVar[tuple[str, ...]] = ("argument", "environment", TOML_FILE)

    @field_validator(
        "outbound_ports", "webhook_retry_schedule", "processing_retry_schedule",
        "callcov_webhook_retry_schedule", "callcenterrate_webhook_retry_schedule",
        "auralytik_webhook_retry_schedule", mode="before",
    )  # fmt: skip
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        return (
            tuple(int(part) for part in value.split(",") if part.strip()) if isinstance(value, str) else value
        )

    @field_validator("callcenterrate_webhook_retry_schedule")
    @classmethod
    def _offsets(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise((0, *value))):
            raise ValueError("offsets from the first attempt begin after 0 and grow")
        return value

    @field_validator("outbound_allow_cidrs", "trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
        return value

    @field_validator("hosts", mode="before")
    @classmethod
    def _hosts(cls, value: Any) -> Any:
        """``host=contract,…``: which contract a name of a host serves without its prefix."""
        if not isinstance(value, str):
            return value
        pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
        for host, _, contract in pairs:
            if not host or contract not in CONTRACTS:
                raise ValueError(f"is host=contract,…, with contracts among {', '.join(CONTRACTS)}")
        return {host.lower(): contract for host, _, contract in pairs}

    @field_validator("tls_key_file")
    @classmethod
    def _tls_pair(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if (value is None) != (info.data.get("tls_cert_file") is None):
            raise ValueError("TLS_CERT_FILE and TLS_KEY_FILE belong together")
        return value

    @field_validator("asr_url")
    @classmethod
    def _asr_url(cls, value: str) -> str:
        return checked_address(value, "ASR_API_KEY")

    @field_validator("llm_url")
    @classmethod
    def _llm_url(cls, value: str) -> str:
        return checked_address(value, "LLM_API_KEY")

    @field_validator("llm_model")
    @classmethod
    def _llm_model(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("llm_url") and not value.strip():
            raise ValueError("LLM_URL needs the name of a model there")
        return value.strip()

    @field_validator("stripe_url")
    @classmethod
    def _stripe_url(cls, value: str) -> str:
        return checked_address(value, "STRIPE_SECRET_KEY").rstrip("/")

    @field_validator("stripe_secret_key")
    @classmethod
    def _stripe(cls, value: str, info: ValidationInfo) -> str:
        """An account is of use with all that belongs to it, and two plans do not share a price."""
        names = ("stripe_webhook_secret", "stripe_price_starter", "stripe_price_growth")
        missing = [name.upper() for name in names if not info.data.get(name)]
        if value and missing:
            raise ValueError(f"needs {', '.join(missing)}, too")
        if value and info.data["stripe_price_starter"] == info.data["stripe_price_growth"]:
            raise ValueError("needs a price for each plan: STRIPE_PRICE_STARTER is STRIPE_PRICE_GROWTH")
        if bool(info.data["stripe_price_overage"]) != bool(info.data["stripe_meter_event"]):
            raise ValueError("needs STRIPE_PRICE_OVERAGE and STRIPE_METER_EVENT together, or neither")
        return checked_key(value)

    @field_validator("asr_api_key", "llm_api_key", "oidc_client_secret")
    @classmethod
    def _api_key(cls, value: str) -> str:
        return checked_key(value)

    @field_validator("oidc_issuer")
    @classmethod
    def _oidc_issuer(cls, value: str) -> str:
        checked_address(value, "OIDC_CLIENT_SECRET")
        if value and (not value.startswith("https://") or "?" in value):
            raise ValueError("Not an issuer such as https://accounts.example.com")
        return value

    @field_validator("oidc_client_id")
    @classmethod
    def _oidc_client_id(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not value.strip():
            raise ValueError("OIDC_ISSUER needs the id that it knows this installation by")
        return value.strip()

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url(cls, value: str) -> str:
        if value:
            parse_smtp_url(value)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def models_dir(self) -> Path:
        """Where assembled model weights are kept."""
        return self.data_dir.absolute() / "models"

    @property
    def effective_storage_url(self) -> str:
        """The object store: as set, else a folder of the data directory."""
        return self.storage_url or (self.data_dir.absolute() / "storage").as_uri()


def load_settings(**overrides: Any) -> Settings:
    """Settings from all sources; ``None`` overrides are left out.

    Raises:
        ConfigurationError: naming the first setting that is wrong or not supported.
    """
    refuse_unsupported(os.environ)
    refuse_unknown(Path(TOML_FILE))
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"][:1]).upper()
        raise ConfigurationError(f"{name}: {first['msg']}") from error


def refuse_unsupported(environment: Mapping[str, str]) -> None:
    """Refuse documented settings that this version does not act on."""
    for name in NOT_YET:
        if environment.get(PREFIX + name):
            raise ConfigurationError(f"{PREFIX}{name} is not supported by this version; unset it to go on.")


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without any setting of ours, in whatever letters: for another installation's processes.

    They run in a folder of their own as well, else they would find the ``calltrace.toml`` of this one.
    """
    return {name: value for name, value in environment.items() if not name.upper().startswith(PREFIX)}


def refuse_unknown(path: Path) -> None:
    """Refuse names in ``calltrace.toml`` that do nothing: a misspelt setting must not be ignored."""
    if not path.is_file():
        return
    try:
        names = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    for name in names:
        if name.upper() in NOT_YET:
            raise ConfigurationError(f"{path}: {name} is not supported by this version; remove it to go on.")
        if name not in Settings.model_fields:
            raise ConfigurationError(f"{path}: {name!r} is no setting; they are written like lease_seconds.")


def source_of(settings: Settings, name: str) -> str:
    """Where a setting's value came from: ``environment``, ``calltrace.toml`` or ``default``."""
    if os.environ.get(PREFIX + name.upper()):
        return "environment"
    return TOML_FILE if name in settings.model_fields_set else "default"
