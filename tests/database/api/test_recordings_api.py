"""Listening by signed link, with ranges."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from calltrace.analyses.submit import Intake
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from database.analyses.factory import claimed, recorded, submitted

CONTENT = bytes(range(256)) * 800


@pytest.fixture
async def link(platform: Platform, org: uuid.UUID, intake: Intake, tmp_path: Path) -> str:
    claim = await claimed(intake, org, await submitted(intake, org))
    await recorded(platform, claim, tmp_path, CONTENT)
    return platform.links.url(org, claim.analysis_id).removeprefix("https://calls.test")


async def test_the_link_gives_the_recording_back(api: httpx2.AsyncClient, link: str) -> None:
    answer = await api.get(link)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "audio/wav"


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=70000-70009", 70000, 70010), ("bytes=-5", 204795, 204800),
     ("bytes=204000-", 204000, 204800), ("bytes=0-", 0, 204800), ("bytes=10-999999", 10, 204800)],
)  # fmt: skip
async def test_a_range_gives_its_bytes(
    api: httpx2.AsyncClient,
    link: str,
    wanted: str,
    start: int,
    end: int,
) -> None:
    answer = await api.get(link, headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"


@pytest.mark.parametrize("wanted", ["bytes=204800-", "bytes=9-3", "bytes=-0"])
async def test_a_range_outside_is_416(api: httpx2.AsyncClient, link: str, wanted: str) -> None:
    assert (await api.get(link, headers={"Range": wanted})).status_code == 416


async def test_a_changed_or_expired_link_is_403(
    api: httpx2.AsyncClient,
    link: str,
    platform: Platform,
    org: uuid.UUID,
) -> None:
    changed: Any = [link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace("expires=", "expires=9")]
    analysis_id = uuid.UUID(link.split("?", maxsplit=1)[0].rsplit("/", 1)[1])
    old = platform.links.url(org, analysis_id, clock.now() - timedelta(hours=25))
    for one in [*changed, old.removeprefix("https://calls.test")]:
        answer = await api.get(one)
        assert (answer.status_code, answer.json()["code"]) == (403, "link_refused")


async def test_the_type_is_by_what_the_bytes_are_and_never_a_page(api: httpx2.AsyncClient, link: str) -> None:
    answer = await api.get(link)
    assert answer.headers["content-type"] == "audio/wav"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_head_answers_without_a_body(api: httpx2.AsyncClient, link: str) -> None:
    answer = await api.head(link)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "204800")


async def test_a_recording_that_is_gone_from_the_store_is_404(
    api: httpx2.AsyncClient, link: str, tmp_path: Path
) -> None:
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            path.unlink()
    answer = await api.get(link)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_while_the_store_is_away_it_is_503_and_the_recording_is_not_said_to_be_gone(
    api: httpx2.AsyncClient, link: str, tmp_path: Path
) -> None:
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    answer = await api.get(link)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    (tmp_path / "elsewhere").rename(tmp_path / "store")
    assert (await api.get(link)).content == CONTENT
