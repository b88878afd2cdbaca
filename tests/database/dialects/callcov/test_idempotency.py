"""Idempotency keys: a repeat does nothing twice, for a day."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import answers, usage
from calltrace.accounts.answers import Asked, Given, Taken
from calltrace.db.session import Database
from calltrace.kit import clock
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
    second = await answers.take(platform.database, platform.box, asked)
    assert isinstance(taken, Taken)
    assert isinstance(second, Taken)
    assert (second.id, second.until > taken.until) == (taken.id, True)
    await answers.free(platform.database, asked, taken)  # the slow first one ends after all
    await answers.keep(platform.database, platform.box, asked, taken, Given(201, "first"))
    await answers.keep(platform.database, platform.box, asked, second, Given(201, "second"))
    assert await answers.take(platform.database, platform.box, asked) == Given(201, "second")


async def test_what_is_let_go_is_taken_over_at_once(platform: Platform, org: uuid.UUID) -> None:
    asked = Asked(org, "live", "POST /x", "one", "hash")
    taken = await answers.take(platform.database, platform.box, asked)
    assert isinstance(taken, Taken)
    await answers.let_go(platform.database, asked, taken)
    again = await answers.take(platform.database, platform.box, asked)
    assert isinstance(again, Taken)
    assert again.id == taken.id


_DIED = """
    UPDATE answers SET status = NULL, sealed_body = NULL, busy_until = clock_timestamp() - interval '1 second'
"""


@pytest.mark.accepts("CV-050")
async def test_what_was_begun_by_a_process_that_died_is_not_begun_again(
    call: Api, database: Database, org: uuid.UUID
) -> None:
    file: dict[str, Any] = {"files": {"audio_file": ("call.wav", wave_file())}}
    sent: list[tuple[Any, dict[str, Any]]] = [(BODY, {}), (None, file)]
    for number, (body, more) in enumerate(sent, 1):
        key = {"Idempotency-Key": str(number)}
        first = await call("POST", "/analysis/", body, key, **more)
        async with database.tenant(org) as session:
            await session.execute(text(_DIED))  # before the answer was kept
        again = await call("POST", "/analysis/", body, key, **more)
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        assert await _count(database, org) == number
    assert await _count(database, org, "uploads") == 1


@pytest.mark.accepts("CV-101")
async def test_repeats_are_no_usage(call: Api, served: Platform, org: uuid.UUID) -> None:
    for _ in range(3):
        await call("POST", "/analysis/", BODY, KEY)
    await call("POST", "/analysis/", {"audio_url": "no"})  # what is refused is
    await served.meter.flush(served.database)
    async with served.database.tenant(org) as session:
        assert (await usage.of_month(session, "live", usage.Period.of(clock.now()))).requests == 2
