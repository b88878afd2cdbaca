"""Rate limits in front of the API: off unless they are set, and never at the expense of others."""

import dataclasses
import re
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import keys, limits, service, usage
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.settings import load_settings
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, new_token


def _limited(api: httpx2.AsyncClient, platform: Platform, **settings: int) -> None:
    changed = dataclasses.replace(
        platform, settings=load_settings(data_dir=platform.settings.data_dir, **settings)
    )
    api._transport.app.state.platform = changed  # type: ignore[attr-defined] - the app under test


async def _get(api: httpx2.AsyncClient, token: str, path: str = "/api/v1/analyses") -> httpx2.Response:
    return await api.get(path, headers={"Authorization": f"Bearer {token}"})


async def _used_up(database: Database, *parts: object) -> None:
    """A subject that has used up this minute and the next: no test may depend on when a minute ends."""
    statement = text("""
        INSERT INTO rate_counters (subject, window_end, count)
        SELECT :subject, to_timestamp((floor(extract(epoch FROM clock_timestamp()) / 60) + n) * 60), 1000
        FROM generate_series(1, 2) n
    """)
    async with database.operator() as session:
        await session.execute(statement, {"subject": limits.subject("api", *parts)})


async def _key(database: Database, org: uuid.UUID) -> tuple[uuid.UUID, str]:
    async with database.tenant(org) as session:
        key, token = await keys.create(session, org, name="limited")
    return key.id, token


def _parameters(header: str, name: str) -> dict[str, int]:
    found = re.search(rf'"{name}"((?:;\w=\d+)+)', header)
    assert found, header
    return {pair[0]: int(pair[2:]) for pair in found[1].split(";") if pair}


async def test_off_means_no_header_and_no_counter(
    api: httpx2.AsyncClient, caller: Caller, database: Database
) -> None:
    async with database.operator() as session:
        await session.execute(text("DELETE FROM rate_counters"))
    answer = await _get(api, caller.token)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if "ratelimit" in name]
    async with database.operator() as session:
        assert await session.scalar(text("SELECT count(*) FROM rate_counters")) == 0


async def test_a_key_over_its_limit_is_429_with_retry_after(
    api: httpx2.AsyncClient, platform: Platform, org: uuid.UUID
) -> None:
    key_id, token = await _key(platform.database, org)
    _limited(api, platform, rate_limit=5)
    await _used_up(platform.database, "key", key_id)
    answer = await _get(api, token)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["content-type"] == "application/problem+json"
    left = _parameters(answer.headers["ratelimit"], "key")
    assert left == {"r": 0, "t": int(answer.headers["retry-after"])}
    assert 1 <= left["t"] <= 60


async def test_every_answer_says_what_is_left(
    api: httpx2.AsyncClient, platform: Platform, caller: Caller
) -> None:
    _limited(api, platform, rate_limit=100, org_rate_limit=1000)
    paths = ("/api/v1/analyses", "/api/v1/analyses/nope", "/api/v1/analyses?colour=red")
    answers = [await _get(api, caller.token, path) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 404, 400]
    for answer in answers:
        policy = answer.headers["ratelimit-policy"]
        assert _parameters(policy, "key") == {"q": 100, "w": 60}
        assert _parameters(policy, "org") == {"q": 1000, "w": 60}
        assert 97 <= _parameters(answer.headers["ratelimit"], "key")["r"] <= 99


async def test_a_call_counts_once_and_without_a_key_not_at_all(
    api: httpx2.AsyncClient, platform: Platform, org: uuid.UUID
) -> None:
    key_id, token = await _key(platform.database, org)
    _limited(api, platform, rate_limit=100)
    for _ in range(3):
        await _get(api, token)
    anonymous = await _get(api, "ct_live_nothing")
    assert anonymous.status_code == 401
    assert "ratelimit" not in anonymous.headers
    async with platform.database.operator() as session:
        counted = await session.scalar(
            text("SELECT sum(count) FROM rate_counters WHERE subject = :subject"),
            {"subject": limits.subject("api", "key", key_id)},
        )
    assert counted == 3


async def test_another_key_of_the_organisation_goes_on(
    api: httpx2.AsyncClient, platform: Platform, caller: Caller
) -> None:
    key_id, token = await _key(platform.database, caller.org_id)
    _limited(api, platform, rate_limit=5, org_rate_limit=1000)
    await _used_up(platform.database, "key", key_id)
    for _ in range(4):
        assert (await _get(api, token)).status_code == 429
    answer = await _get(api, caller.token)
    assert answer.status_code == 200
    assert _parameters(answer.headers["ratelimit"], "org")["r"] == 999  # refused keys took nothing of it


async def test_the_limit_of_an_organisation_holds_for_all_of_its_keys_and_nobody_else(
    api: httpx2.AsyncClient, platform: Platform, org: uuid.UUID, new_org: NewOrg
) -> None:
    tokens = [await new_token(platform.database, org) for _ in range(2)]
    stranger = await new_token(platform.database, await new_org())
    _limited(api, platform, org_rate_limit=5)
    await _used_up(platform.database, "org", org)
    assert [(await _get(api, token)).status_code for token in tokens] == [429, 429]
    answer: Any = await _get(api, stranger)
    assert answer.status_code == 200
    assert _parameters(answer.headers["ratelimit"], "org")["r"] == 4


async def test_the_document_says_429_wherever_a_key_is_needed(api: httpx2.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    operations = [one for methods in paths.values() for one in methods.values()]
    secured = [one for one in operations if one.get("security")]
    assert secured
    assert all({"401", "429"} <= one["responses"].keys() for one in secured)


@pytest.mark.parametrize("value", ["-1", "many"])
def test_a_limit_that_is_no_number_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLTRACE_RATE_LIMIT", value)
    with pytest.raises(Exception, match="CALLTRACE_RATE_LIMIT"):
        load_settings()


async def test_minutes_end_where_a_plan_sells_no_more(call: Api, database: Database, caller: Caller) -> None:
    async with database.tenant(caller.org_id) as session:
        await service.set_plan(session, caller.org_id, "free")
        await usage.heard(session, caller.org_id, "live", uuid.uuid4(), seconds=30_000, key_id=None)
    answer = await call("POST", "analyses", {"fileUrl": "https://127.0.0.1/call.mp3"})
    refused(answer, 403, "minutes_exhausted")
    assert "500 minutes" in answer.json()["detail"]
