"""Analytics and exports of the contract, over the platform's insights (acceptance AU-060 to AU-066)."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle, submit
from calltrace.catalog import service as catalog
from calltrace.catalog.service import AGENTS, CALL_CENTERS, QUEUES
from calltrace.pipeline.context import Platform
from calltrace.pipeline.exports import Exporter
from database.analyses.factory import claimed, completed, submitted
from database.dialects.auralytik.conftest import Client, refused, stranger
from database.dialects.auralytik.test_audio_files import BAD
from database.dialects.auralytik.test_conversations import imported
from database.dialects.auralytik.test_webhooks import receiver, subscribed, told
from database.webhooks.conftest import Receiver

__all__ = ["receiver"]
MARCH = "dateFrom=2026-03-01&dateTo=2026-03-31"


@pytest.fixture
async def calls(client: Client, platform: Platform, intake: submit.Intake) -> dict[str, uuid.UUID]:
    """Two good calls of a campaign in March, one failed and one waiting without, one good in April."""
    async with platform.database.tenant(client.org) as session:
        center = await catalog.create(session, client.org, OPERATOR, CALL_CENTERS, {"name": "Santiago"})
        values = {"name": "=Renewals", "call_center_id": center.id}
        queue = await catalog.create(session, client.org, OPERATOR, QUEUES, values)
        agent = await catalog.create(session, client.org, OPERATOR, AGENTS, {"name": "Ana"})
    named: dict[str, Any] = {"queue_id": queue.id, "agent_id": agent.id}
    for day in (1, 31):
        at = datetime(2026, 3, day, 23, 59, tzinfo=UTC)
        await completed(platform, intake, client.org, called_at=at, ai_call=day == 1, **named)
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)
    claim = await claimed(intake, client.org, await submitted(intake, client.org, called_at=at))
    async with platform.database.tenant(client.org) as session:
        await lifecycle.fail(session, claim, BAD, platform.links)
    await submitted(intake, client.org, called_at=at)
    april = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
    await completed(platform, intake, client.org, called_at=april, **named)
    return {"center": center.id, "queue": queue.id, "agent": agent.id}


@pytest.mark.accepts("AU-060")
async def test_the_summary(client: Client, calls: dict[str, uuid.UUID]) -> None:
    assert await client.data("GET", f"analytics/summary?{MARCH}") == {
        "period": {"dateFrom": "2026-03-01T00:00:00Z", "dateTo": "2026-03-31T23:59:59Z"},
        "totalEvaluations": 4, "completedEvaluations": 2, "failedEvaluations": 1, "pendingEvaluations": 1,
        "totalAudioFiles": 4, "totalDurationInSeconds": 25, "averageDurationInSeconds": 12.5,
        "averageNote": 82.0, "passRate": 1.0, "sentiment": {"positive": 0, "neutral": 2, "negative": 0},
        "aiCalls": 1, "humanCalls": 3, "averageCustomerEffortScore": 2.0, "criteria": [],
    }  # fmt: skip
    nothing = await client.data("GET", "analytics/summary?dateFrom=2020-01-01&dateTo=2020-01-02")
    assert (nothing["totalEvaluations"], nothing["averageNote"], nothing["passRate"]) == (0, None, None)
    one = await client.data("GET", f"analytics/summary?{MARCH}&campaignId=camp_{calls['queue'].hex}")
    assert one["totalEvaluations"] == 2
    recent = (await client.data("GET", "analytics/summary"))["period"]
    begun = datetime.fromisoformat(recent["dateFrom"])
    assert datetime.fromisoformat(recent["dateTo"]) - begun == timedelta(days=30, seconds=-1)
    refused(await client("GET", "analytics/summary?dateFrom=x"), 400, "VALIDATION_ERROR", "dateFrom")
    for far in ("dateTo=0001-01-01", "dateTo=9998-12-31", "dateFrom=9999-12-31"):
        refused(await client("GET", f"analytics/summary?{far}"), 400, "VALIDATION_ERROR")


@pytest.mark.accepts("AU-061", "AU-062", "AU-063")
@pytest.mark.parametrize(
    ("path", "label", "prefix", "name"),
    [
        ("campaigns", "campaign", "camp", "=Renewals"), ("call-centers", "callCenter", "cc", "Santiago"),
        ("executives", "executive", "exec", "Ana"),
    ],
)  # fmt: skip
async def test_rows(
    client: Client, calls: dict[str, uuid.UUID], path: str, label: str, prefix: str, name: str
) -> None:
    row_id = {"camp": calls["queue"], "cc": calls["center"], "exec": calls["agent"]}[prefix]
    answer = (await client("GET", f"analytics/{path}?{MARCH}")).json()
    assert answer["data"] == [
        {
            "totalEvaluations": 2, "completedEvaluations": done, "averageNote": note, "passRate": rate,
            "averageDurationInSeconds": seconds, "sentiment": {"positive": 0, "neutral": done, "negative": 0},
            f"{label}Id": identity, f"{label}Name": called,
        }
        for identity, called, done, note, rate, seconds in (
            (f"{prefix}_{row_id.hex}", name, 2, 82.0, 1.0, 12.5), (None, None, 0, None, None, None),
        )
    ]  # fmt: skip
    assert answer["pagination"] == {"page": 1, "pageSize": 25, "totalCount": 2, "totalPages": 1}
    second = await client.data("GET", f"analytics/{path}?{MARCH}&page=2&pageSize=1")
    assert [one[f"{label}Id"] for one in second] == [None]


@pytest.mark.accepts("AU-064")
async def test_trends(client: Client, calls: dict[str, uuid.UUID]) -> None:
    assert calls
    daily = await client.data("GET", f"analytics/trends?{MARCH}")
    assert daily["granularity"] == "daily"
    assert [one["date"] for one in daily["points"]] == [f"2026-03-{day:02}" for day in range(1, 32)]
    assert [one["totalEvaluations"] for one in daily["points"] if one["totalEvaluations"]] == [1, 2, 1]
    assert daily["points"][1] == {
        "date": "2026-03-02", "totalEvaluations": 0, "completedEvaluations": 0, "averageNote": None,
        "averageDurationInSeconds": None, "sentiment": {"positive": 0, "neutral": 0, "negative": 0},
    }  # fmt: skip
    weekly = await client.data("GET", f"analytics/trends?{MARCH}&granularity=weekly")
    assert [one["date"] for one in weekly["points"]][:2] == ["2026-02-23", "2026-03-02"]
    monthly = await client.data(
        "GET", "analytics/trends?dateFrom=2026-03-01&dateTo=2026-04-30&granularity=monthly"
    )
    assert [(one["date"], one["completedEvaluations"]) for one in monthly["points"]] == [
        ("2026-03-01", 2), ("2026-04-01", 1),
    ]  # fmt: skip
    refused(
        await client("GET", "analytics/trends?granularity=hourly"), 400, "VALIDATION_ERROR", "granularity"
    )


async def exported(client: Client, folder: Path, **body: Any) -> tuple[dict[str, Any], bytes]:
    """Ask for an export, make it as a worker does, fetch it without a key."""
    wanted = {"dateFrom": "2026-03-01", "dateTo": "2026-03-31", **body}
    asked = await client.data("POST", "analytics/export", wanted, 202)
    assert asked["status"] == "queued"
    job_id = uuid.UUID(hex=asked["jobId"].removeprefix("exp_"))
    exporter = Exporter(client.platform, folder, [])
    await asyncio.create_task(exporter.export(client.org, job_id))
    job = await client.data("GET", f"analytics/export/{asked['jobId']}")
    fetched = await client.http.get(job["downloadUrl"].removeprefix("https://calls.test"))
    assert fetched.status_code == 200
    return job, fetched.content


@pytest.mark.accepts("AU-065", "AU-066")
async def test_exports(
    client: Client, calls: dict[str, uuid.UUID], tmp_path: Path, receiver: Receiver
) -> None:
    assert calls
    await subscribed(client, receiver.url, "export.ready")
    job, content = await exported(client, tmp_path)
    assert (job["status"], job["progress"], job["type"], job["format"], job["rowCount"], job["error"]) == (
        "completed", 100, "evaluations", "csv", 4, None,
    )  # fmt: skip
    lines = content.decode("utf-8").split("\r\n")
    listed = await client.data("GET", f"evaluations?{MARCH}")
    assert lines[0].split(",") == list(listed[0])
    assert [line.split(",")[0] for line in lines[1:] if line] == [one["id"] for one in listed]
    (body,) = await told(client, receiver)
    assert body["data"] == {
        "jobId": job["jobId"], "type": "evaluations", "format": "csv", "downloadUrl": job["downloadUrl"],
        "expiresAt": job["expiresAt"],
    }  # fmt: skip
    until = datetime.fromisoformat(job["expiresAt"]) - datetime.fromisoformat(job["completedAt"])
    assert until == timedelta(hours=2)
    _job, content = await exported(client, tmp_path, format="json")
    assert json.loads(content) == listed
    _job, content = await exported(client, tmp_path, type="campaigns", format="json")
    rows = await client.data("GET", f"analytics/campaigns?{MARCH}")
    assert json.loads(content) == rows
    _job, content = await exported(client, tmp_path, type="campaigns")
    assert ",'=Renewals," in content.decode()
    _job, content = await exported(client, tmp_path, type="trends", format="json")
    assert json.loads(content) == (await client.data("GET", f"analytics/trends?{MARCH}"))["points"]
    _job, content = await exported(client, tmp_path, type="executives", format="xlsx")
    assert content.startswith(b"PK")
    used = [one for one in await client.data("GET", "usage/details") if one["type"] == "export"]
    assert [one["unit"] for one in used] == ["export"] * 6
    assert used[-1]["resourceId"] == job["jobId"]
    assert used[-1]["keyId"] == f"key_{client.key_id.hex}"


async def test_exports_that_are_refused(client: Client, new_org: Any) -> None:
    for body, field in (
        ({"type": "calls"}, "type"), ({"format": "pdf"}, "format"),
        ({"dateFrom": "2026-01-01", "dateTo": "2026-12-31"}, "dateFrom"), ({"campaignId": "x"}, "campaignId"),
    ):  # fmt: skip
        refused(await client("POST", "analytics/export", body), 400, "VALIDATION_ERROR", field)
    asked = await client.data(
        "POST", "analytics/export", {"dateFrom": "2026-01-01", "dateTo": "2026-04-02"}, 202
    )
    other = await stranger(client, await new_org())
    refused(await other("GET", f"analytics/export/{asked['jobId']}"), 404, "RESOURCE_NOT_FOUND")
    refused(await client("GET", f"analytics/export/exp_{'0' * 32}"), 404, "RESOURCE_NOT_FOUND")
    refused(await client("GET", "analytics/export/x"), 404, "RESOURCE_NOT_FOUND")


async def test_chats_are_not_counted_as_calls(client: Client) -> None:
    await imported(client)
    summary = await client.data("GET", f"analytics/summary?{MARCH}")
    assert summary["totalEvaluations"] == 0
    async with client.platform.database.tenant(client.org) as session:
        assert await session.scalar(text("SELECT count(*) FROM insight_facts")) == 0
