"""Webhooks as an operator and an integrator manage them, with real workers and a real receiver."""

import json
import stat
import uuid
from typing import Any

import httpx2
from standardwebhooks.webhooks import Webhook

from whole.conftest import Stage
from whole.harness import wait_for

ORG = ("--org", "Default")


def _cli(stage: Stage, *arguments: str) -> Any:
    return stage.installation.json("webhooks", arguments[0], *ORG, *arguments[1:])


def _arrived(stage: Stage, delivery_id: str) -> list[tuple[dict[str, str], bytes]]:
    return [one for one in stage.world.received if json.loads(one[1])["deliveryId"] == delivery_id]


def test_an_operator_manages_an_endpoint_and_the_trail_shows_it(stage: Stage) -> None:
    url = f"{stage.world.url}/{uuid.uuid4()}"
    made = _cli(stage, "create", "--url", url, "--event=analysis.failed", "--mode=test", "--description=CRM")
    assert (made["mode"], made["description"], made["contract"]) == ("test", "CRM", "calltrace")
    name = made["id"]
    rotated = _cli(stage, "rotate-secret", name, "--overlap-hours", "1")
    assert rotated["previousSecretExpiresAt"] is not None
    sent = _cli(stage, "test", url)["deliveryId"]
    [(headers, body)] = wait_for(lambda: _arrived(stage, sent), "the ping")
    for secret in (made["secret"], rotated["secret"]):
        assert Webhook(secret).verify(body, headers)
    _cli(stage, "replay", sent)
    wait_for(lambda: len(_arrived(stage, sent)) == 2, "the replay")
    shown = wait_for(
        lambda: next(
            (
                one
                for one in _cli(stage, "deliveries")
                if one["deliveryId"] == sent and one["attemptCount"] == 2
            ),
            None,
        ),
        "both attempts are recorded",
    )
    assert [(one["number"], one["responseCode"]) for one in shown["attempts"]] == [(1, 204), (2, 204)]
    span = ("--from", "2000-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z")
    assert _cli(stage, "replay", "--endpoint", name, *span) == {"redelivered": 0}
    assert _cli(stage, "replay", "--endpoint", name, *span, "--status=delivered") == {"redelivered": 1}
    wait_for(lambda: len(_arrived(stage, sent)) == 3, "the range")
    assert _cli(stage, "disable", name)["disabledReason"] == "Disabled on the command line."
    refused = stage.installation.command("webhooks", "test", *ORG, name)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert _cli(stage, "enable", name)["disabledAt"] is None
    assert name in [one["id"] for one in _cli(stage, "list")]
    _cli(stage, "delete", name)
    assert name not in [one["id"] for one in _cli(stage, "list")]
    trail = stage.installation.json("audit", "list", *ORG, "--limit", "50")
    mine = [one for one in trail if one["targetId"] in {name, sent}]
    assert {one["actorKind"] for one in mine} == {"operator"}
    assert [one["action"] for one in reversed(mine)] == [
        "endpoint.created", "endpoint.secret_rotated", "endpoint.tested", "delivery.redelivered",
        "endpoint.redelivered", "endpoint.redelivered", "endpoint.disabled", "endpoint.enabled",
        "endpoint.deleted",
    ]  # fmt: skip


def test_replay_wants_a_delivery_or_a_whole_range(stage: Stage) -> None:
    for wrong in ((), ("--endpoint", "x"), ("whd_x", "--endpoint", "x"), ("--from", "x", "--to", "y"),
                  ("--endpoint", "x", "--from", "yesterday", "--to", "2026-01-01T00:00:00Z")):  # fmt: skip
        done = stage.installation.command("webhooks", "replay", *ORG, *wrong)
        assert (done.returncode, done.stdout) == (2, "")


def test_an_endpoint_that_is_gone_is_disabled_and_its_admins_are_told(stage: Stage) -> None:
    path = f"/{uuid.uuid4()}"
    stage.world.statuses[path] = 410
    api, headers = f"{stage.installation.url}/api/v1/webhook-endpoints", stage.client.headers
    wanted = {"url": f"{stage.world.url}{path}", "events": ["analysis.failed"]}
    made = httpx2.post(api, json=wanted, headers=headers).json()
    assert httpx2.post(f"{api}/{made['id']}/test", headers=headers).status_code == 202

    def disabled() -> dict[str, Any] | None:
        shown = httpx2.get(f"{api}/{made['id']}", headers=headers).json()
        return shown if shown["disabledAt"] else None

    assert (
        wait_for(disabled, "the endpoint is disabled")["disabledReason"] == "The receiver answered 410 Gone."
    )
    outbox = stage.installation.folder / "data" / "outbox"
    [mail] = wait_for(
        lambda: [one for one in outbox.glob("*.eml") if made["id"] in one.read_text()], "the notice"
    )
    assert stat.S_IMODE(mail.stat().st_mode) == 0o600
    assert "To: admin@example.com" in mail.read_text()
