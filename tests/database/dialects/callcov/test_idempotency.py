"""Idempotency keys: a repeat does nothing twice, for a day."""

import asyncio
import uuid
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import answers
from calltrace.accounts.answers import Asked
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.dialects.callcov.conftest import Api, NewKey
from database.dialects.callcov.test_analyses import wave_file

BODY = {"audio_url": "https://127.0.0.1/call.wav", "agent_id": "a"}
KEY = {"Idempotency-Key": "one"}


async def _count(database: Database, org: uuid.UUID, table: str = "analyses") -> int:
    async with database.tenant(org) as session:
        return await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


@pytest.mark.accepts("CV-050")
async def test_a_repeat_is_answered_the_same(call: Api, database: Database, org: uuid.UUID) -> None:
    first = await call("POST", "/analysis/", BODY, KEY)
    second = await call("POST", "/analysis", dict(reversed(BODY.items())), KEY)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert await _count(database, org) == 1


@pytest.mark.accepts("CV-050")
async def test_many_at_once_do_it_once(call: Api, database: Database, org: uuid.UUID) -> None:
    given = await asyncio.gather(*(call("POST", "/analysis/", BODY, KEY) for _ in range(5)))
    assert {answer.status_code for answer in given} == {201}
    assert len({answer.content for answer in given}) == 1
    assert await _count(database, org) == 1


async def test_a_file_that_is_sent_again_is_the_same_request(
    call: Api, database: Database, org: uuid.UUID
) -> None:
    sent = [
        await call("POST", "/analysis/", headers=KEY, files={"audio_file": ("call.wav", content)})
        for content in (wave_file(), wave_file(), wave_file(0.6))
    ]
    assert [answer.status_code for answer in sent] == [201, 201, 422]
    assert sent[0].content == sent[1].content
    assert (await _count(database, org), await _count(database, org, "uploads")) == (1, 1)


async def test_a_key_belongs_to_what_it_came_with_first(call: Api) -> None:
    await call("POST", "/analysis/", BODY, KEY)
    answer = await call("POST", "/analysis/", {**BODY, "agent_id": "b"}, KEY)
    told = "Idempotency-Key was already used with a different request"
    item = {
        "type": "idempotency_key_reused",
        "loc": ["header", "Idempotency-Key"],
        "msg": told,
        "input": "one",
    }
    assert (answer.status_code, answer.json()) == (422, {"detail": [item]})


async def test_keys_of_modes_and_operations_do_not_meet(
    call: Api, http: httpx2.AsyncClient, new_key: NewKey
) -> None:
    made = (await call("POST", "/analysis/", BODY, KEY)).json()
    test = await Api(http, await new_key("test"))("POST", "/analysis/", BODY, KEY)
    assert (test.status_code, test.json()["livemode"]) == (201, False)
    hook = {"webhook_url": "https://127.0.0.1/hook"}
    first, second = [await call("POST", f"/analysis/{made['id']}/webhook", hook, KEY) for _ in range(2)]
    assert (first.status_code, second.content) == (201, first.content)


async def test_what_is_refused_frees_the_key(call: Api) -> None:
    refused = await call("POST", "/analysis/", {"audio_url": "https://10.0.0.1/"}, KEY)
    assert refused.status_code == 422
    assert (await call("POST", "/analysis/", BODY, KEY)).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_a_key_is_short_and_plain(call: Api, key: str) -> None:
    answer = await call("POST", "/analysis/", BODY, {"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]


@pytest.mark.accepts("CV-051")
async def test_after_a_day_a_key_is_new(call: Api, database: Database, org: uuid.UUID) -> None:
    for age, count in ((timedelta(hours=23, minutes=59), 1), (timedelta(hours=24, minutes=1), 2)):
        await call("POST", "/analysis/", BODY, KEY)
        async with database.tenant(org) as session:
            await session.execute(
                text("UPDATE answers SET created_at = clock_timestamp() - CAST(:age AS interval)"),
                {"age": age},
            )
        assert (await call("POST", "/analysis/", BODY, KEY)).status_code == 201
        assert await _count(database, org) == count


async def test_whoever_dies_at_work_leaves_a_key_that_can_be_taken_over(
    platform: Platform, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "WAIT_SECONDS", 0.2)
    asked = Asked(org, "live", "POST /x", "one", "hash")
    taken = await answers.take(platform.database, platform.box, asked)
    with pytest.raises(answers.AnswerPendingError):
        await answers.take(platform.database, platform.box, asked)
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE answers SET busy_until = clock_timestamp() - interval '1 second'"))
    assert await answers.take(platform.database, platform.box, asked) == taken
