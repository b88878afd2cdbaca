"""Settings come from where they are said to come from, and wrong ones are named."""

import re
from pathlib import Path
from typing import cast

import pytest
from pydantic import ValidationError

from calltrace.kit.errors import ConfigurationError
from calltrace.settings import NOT_YET, Settings, load_settings, source_of


def test_defaults_are_those_of_the_interfaces_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.webhook_retry_schedule == (10, 60, 300)
    assert settings.processing_retry_schedule == (5, 30, 120)
    assert settings.outbound_ports == (443,)
    assert (settings.fetch_max_bytes, settings.fetch_timeout_seconds) == (500 * 1024 * 1024, 300)
    assert (settings.max_duration_seconds, settings.lease_seconds) == (14_400, 30)
    assert source_of(settings, "lease_seconds") == "default"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "calltrace.toml").write_text('webhook_retry_schedule = "1,2"\nlease_seconds = 7\n')
    monkeypatch.setenv("CALLTRACE_LEASE_SECONDS", "9")
    settings = load_settings()
    assert (settings.webhook_retry_schedule, settings.lease_seconds) == ((1, 2), 9)
    assert source_of(settings, "webhook_retry_schedule") == "calltrace.toml"
    assert source_of(settings, "lease_seconds") == "environment"


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEASE_SECONDS", "1"), ("FETCH_PROBE", "maybe"), ("WEBHOOK_RETRY_SCHEDULE", "1,x"),
     ("OUTBOUND_ALLOW_CIDRS", "10.0.0.0/99"), ("FETCH_MAX_BYTES", "-1"), ("ASR_URL", "asr.example.com"),
     ("ASR_URL", "ftp://asr.example.com"), ("ASR_URL", "https://"), ("ASR_URL", "https://a/v1#x"),
     ("ASR_URL", "https://user:key@asr.example.com/v1"), ("ASR_CONCURRENCY", "0"),
     ("ASR_TIMEOUT_SECONDS", "0"), ("ASR_THREADS", "-1"), ("LLM_URL", "llm.example.com"),
     ("LLM_URL", "https://user:key@llm.example.com/v1"), ("LLM_API_KEY", "schl\u00fcssel"),
     ("LLM_BUDGET_TOKENS", "0"), ("LLM_CONTEXT_TOKENS", "100"), ("LLM_TIMEOUT_SECONDS", "0"),
     ("LLM_REDACT", "maybe")],
)  # fmt: skip
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CALLTRACE_{name}", value)
    with pytest.raises(ConfigurationError, match=f"CALLTRACE_{name}"):
        load_settings()


def test_a_model_server_needs_the_name_of_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLTRACE_LLM_URL", "http://127.0.0.1:11434/v1")
    with pytest.raises(ConfigurationError, match=r"CALLTRACE_LLM_MODEL: .*needs the name of a model"):
        load_settings()
    monkeypatch.setenv("CALLTRACE_LLM_MODEL", "tiny")
    assert (load_settings().llm_model, load_settings().llm_redact) == ("tiny", "on")


STRIPE = {
    "stripe_secret_key": "sk_test_x", "stripe_webhook_secret": "whsec_x", "stripe_price_starter": "price_1",
    "stripe_price_growth": "price_2",
}  # fmt: skip


@pytest.mark.parametrize("missing", ["stripe_webhook_secret", "stripe_price_starter", "stripe_price_growth"])
def test_an_account_for_payments_is_whole_or_refused(missing: str) -> None:
    assert load_settings(**STRIPE).stripe_url == "https://api.stripe.com"
    assert "x" not in repr(load_settings(**STRIPE)).partition("stripe_price_starter")[0][-40:]
    with pytest.raises(ConfigurationError, match=f"CALLTRACE_STRIPE_SECRET_KEY: .*{missing.upper()}"):
        load_settings(**STRIPE | {missing: ""})


def test_two_plans_do_not_share_a_price() -> None:
    with pytest.raises(ConfigurationError, match="a price for each plan"):
        load_settings(**STRIPE | {"stripe_price_growth": "price_1"})


@pytest.mark.parametrize("name", NOT_YET)
def test_a_documented_setting_that_does_nothing_yet_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"CALLTRACE_{name}", "1")
    with pytest.raises(ConfigurationError, match="not supported"):
        load_settings()


@pytest.mark.parametrize("key", ["sk\n1", "schlüssel", "a\x00b"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="printable ASCII"):
        Settings(asr_api_key=key)
    assert Settings(asr_api_key=" sk-1\n").asr_api_key == "sk-1"


def test_a_name_of_a_host_may_mean_a_contract() -> None:
    assert load_settings(hosts="Api.CallCov.test=callcov, a.b=auralytik").hosts == {
        "api.callcov.test": "callcov", "a.b": "auralytik",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a.b", "=callcov", "a.b=nobody", "a.b=callcov,c"])
def test_other_texts_are_no_hosts(text: str) -> None:
    with pytest.raises(ConfigurationError, match="host=contract"):
        load_settings(hosts=text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("OIDC_ISSUER", "http://accounts.example.com"), ("OIDC_ISSUER", "https://a.example.com/?x=1"),
     ("OIDC_CLIENT_SECRET", "schlüssel")],
)  # fmt: skip
def test_what_is_no_provider_of_single_sign_on_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CALLTRACE_{name}", value)
    with pytest.raises(ConfigurationError, match=f"CALLTRACE_{name}"):
        load_settings()


def test_a_provider_needs_to_know_us_by_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLTRACE_OIDC_ISSUER", "https://accounts.example.com/tenant")
    with pytest.raises(ConfigurationError, match="CALLTRACE_OIDC_CLIENT_ID"):
        load_settings()
    monkeypatch.setenv("CALLTRACE_OIDC_CLIENT_ID", "calls")
    assert load_settings().oidc_newcomers == ""


ROW = re.compile(r"^\| (`[A-Z_`, ]+`) \| (.+?) \| .+ \|$", re.MULTILINE)
DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_of_settings_names_each_of_them_once() -> None:
    named = [name for name, _ in ROW.findall(DOCS.read_text(encoding="utf-8"))]
    assert sorted(named) == sorted(f"`{name.upper()}`" for name in Settings.model_fields)


def test_the_page_of_settings_says_the_defaults() -> None:
    rows = ROW.findall(DOCS.read_text(encoding="utf-8"))
    said = {name.strip("`").lower(): default.strip("`") for name, default in rows}
    plain = {name: field.default for name, field in Settings.model_fields.items() if field.default}
    for by_words in ("data_dir", "fetch_max_bytes", "hosts"):
        del plain[by_words]
    assert {name: said[name] for name in plain} == {name: _written(value) for name, value in plain.items()}
    assert said["fetch_max_bytes"] == f"{Settings.model_fields['fetch_max_bytes'].default // 1024**2} MiB"


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, cast("tuple[object, ...]", value)))
    return f"{value:g}" if isinstance(value, float) else str(value)
