"""The command line as a user meets it: JSON on stdout, one clear line on stderr, exit codes 0, 1, 2."""

import json
from pathlib import Path

import pytest

from whole.conftest import Stage
from whole.harness import Installation


def test_doctor_finds_everything_in_order(stage: Stage) -> None:
    rows = stage.installation.json("doctor")
    details = {row["check"]: row["detail"] for row in rows}
    checks = {"database", "schema", "storage", "models", "language model", "keys", "mail", "clock"}
    assert details.keys() == checks
    assert {row["result"] for row in rows} == {"ok"}
    assert details["mail"].startswith("SMTP_URL is not set: each mail is a file in ")


def test_settings_name_their_source_and_hide_secrets(stage: Stage) -> None:
    rows = {row["name"]: row for row in stage.installation.json("settings")}
    assert rows["CALLTRACE_LEASE_SECONDS"] == {
        "name": "CALLTRACE_LEASE_SECONDS",
        "value": "4.0",
        "source": "environment",
    }
    assert rows["CALLTRACE_ASR_MODEL"]["source"] == "default"
    secrets = {"CALLTRACE_SECRET_KEY": "top-secret-value", "CALLTRACE_ASR_API_KEY": "top-secret-value"}
    hidden = stage.installation.command("settings", "--json", environment=secrets)
    assert "top-secret-value" not in hidden.stdout
    assert "(set)" in hidden.stdout


@pytest.mark.accepts("CT-005", "CT-007", "CT-008")
def test_a_token_is_shown_once(stage: Stage) -> None:
    made = stage.installation.json(
        "keys", "create", "--org", "Default", "--name", "once", "--scope", "analysis:read"
    )
    assert made.keys() == {"id", "contract", "prefix", "token", "scopes", "mode", "expiresAt"}
    assert made["scopes"] == ["analysis:read"]
    listed = stage.installation.command("keys", "list", "--org", "Default", "--json").stdout
    assert made["token"] not in listed
    assert made["prefix"] in listed
    revoked = stage.installation.json("keys", "revoke", "--org", "Default", made["id"])
    assert revoked["revokedAt"]


def test_organisations_and_users(stage: Stage) -> None:
    org = stage.installation.json("orgs", "create", "Acme", "--plan", "PRO")
    assert (org["name"], org["plan"]) == ("Acme", "pro")
    spoken = stage.installation.json("orgs", "languages", "en-GB", "es", "--org", "Acme")
    assert spoken["languages"] == ["en", "es"]
    user = stage.installation.json(
        "users", "create", "qa@acme.test", "--org", org["id"], "--role", "reviewer"
    )
    assert (user["email"], user["role"]) == ("qa@acme.test", "reviewer")


BAD = {
    "unknown organisation": (("keys", "create", "--org", "Nobody", "--name", "x"), 1),
    "name taken": (("orgs", "create", "Default"), 1),
    "unknown scope": (("keys", "create", "--org", "Default", "--name", "x", "--scope", "fly"), 1),
    "private receiver": (
        ("webhooks", "create", "--org", "Default", "--url", "https://10.0.0.1/", "--event=analysis.failed"), 1
    ),
    "unknown scorecard": (("queues", "create", "x", "--org", "Default", "--scorecard", "nothing"), 1),
    "no such file": (("scorecards", "import", "nowhere.yaml", "--org", "Default"), 2),
    "unknown option": (("keys", "create", "--colour", "red"), 2),
    "unknown command": (("dance",), 2),
    "unknown language": (("orgs", "languages", "klingon", "--org", "Default"), 2),
    "bad choice": (("orgs", "create", "Y", "--plan", "gold"), 2),
    "unknown contract": (
        ("keys", "create", "--org", "Default", "--name", "x", "--contract", "nobody"), 2
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code"), BAD.values(), ids=BAD)
def test_a_failure_is_one_clear_line(stage: Stage, arguments: tuple[str, ...], code: int) -> None:
    done = stage.installation.command(*arguments)
    assert done.returncode == code
    assert not done.stdout
    assert "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.startswith("calltrace: ")
        assert done.stderr.count("\n") == 1


def test_a_setting_that_is_not_supported_is_refused(tmp_path: Path) -> None:
    done = Installation(tmp_path, otel_exporter_otlp_endpoint="x").command("settings")
    assert (done.returncode, done.stdout) == (1, "")
    assert "CALLTRACE_OTEL_EXPORTER_OTLP_ENDPOINT is not supported" in done.stderr


def test_a_setting_that_is_wrong_is_named(tmp_path: Path) -> None:
    done = Installation(tmp_path, lease_seconds="soon").command("settings")
    assert done.returncode == 1
    assert done.stderr.startswith("calltrace: CALLTRACE_LEASE_SECONDS: ")


def test_a_language_that_nobody_translated_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = Installation(tmp_path, ui_language="tlh").command("up")
    assert (done.returncode, (tmp_path / "data").exists()) == (1, False)
    assert done.stderr.startswith("calltrace: UI_LANGUAGE: tlh is not translated; there is en")


def test_analyze_and_evaluate_need_no_server(tmp_path: Path) -> None:
    from calltrace.data import sample_call_path

    alone = Installation(tmp_path)
    done = alone.command("analyze", str(sample_call_path()), str(tmp_path / "missing.wav"), "--json")
    assert done.returncode == 1
    good, bad = [json.loads(line) for line in done.stdout.splitlines()]
    assert (good["status"], bad["status"]) == ("completed", "failed")
    assert not (tmp_path / "data").exists()
    transcript = tmp_path / "transcript.json"
    transcript.write_text(json.dumps(good["transcript"]))
    again = alone.command("evaluate", str(transcript), "--json")
    assert again.returncode == 0, again.stderr
    verdicts = {one["key"]: one["verdict"] for one in json.loads(again.stdout)["criteria"]}
    assert verdicts == {one["key"]: one["verdict"] for one in good["evaluation"]["criteria"]}


def test_the_demo_shows_the_whole_main_job(tmp_path: Path) -> None:
    done = Installation(tmp_path).command("demo")
    assert done.returncode == 0, done.stderr
    assert "both signatures verified" in done.stderr
    assert "Recording disclosure" in done.stdout
