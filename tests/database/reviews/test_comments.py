"""Comments: who may see them, who may change them, and what they are about."""

import uuid
from typing import Any

import pytest

from calltrace.pipeline.context import Platform
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import judged_call, new_agent, new_user

Cast = dict[str, uuid.UUID]


@pytest.fixture
async def cast(platform: Platform, caller: Caller) -> Cast:
    """A call, its agent, and a reviewer."""
    database, org = platform.database, caller.org_id
    agent = await new_agent(database, org)
    return {
        "call": await judged_call(platform, org, agent_id=agent),
        "agent": await new_user(database, org, "agent", agent),
        "stranger": await new_user(database, org, "agent", await new_agent(database, org, "Joe")),
        "reviewer": await new_user(database, org, "reviewer"),
    }


@pytest.fixture
def path(cast: Cast) -> str:
    return f"analyses/{cast['call']}/comments"


async def _texts(call: Api, path: str, user: uuid.UUID | None = None) -> list[str]:
    answer = await call("GET", f"{path}?userId={user}" if user else path)
    return [one["text"] for one in answer.json()["data"]]


async def test_a_comment_is_about_a_segment_a_criterion_or_the_call(call: Api, path: str, cast: Cast) -> None:
    places: list[dict[str, Any]] = [{"segmentId": "s1"}, {"criterionKey": "greeting"}, {}]
    made = [
        await call.made(f"{path}?userId={cast['reviewer']}", text=str(place), **place) for place in places
    ]
    page = (await call("GET", f"{path}?limit=2")).json()
    assert page["data"] == made[:0:-1]
    assert (await call("GET", f"{path}?limit=2&cursor={page['nextCursor']}")).json()["data"] == made[:1]
    first = made[0]
    assert (first["visibility"], first["segmentId"], first["editedAt"]) == ("internal", "s1", None)
    assert (first["author"]["kind"], first["author"]["id"]) == ("user", str(cast["reviewer"]))


async def test_the_agent_sees_what_is_for_the_agent_only(call: Api, path: str, cast: Cast) -> None:
    await call.made(path, text="internal")
    await call.made(path, text="coaching", visibility="agent")
    await call.made(f"{path}?userId={cast['agent']}", text="an answer")
    assert await _texts(call, path, cast["agent"]) == ["an answer", "coaching"]
    assert await _texts(call, path, cast["reviewer"]) == ["an answer", "coaching", "internal"]
    refused(await call("GET", f"{path}?userId={cast['stranger']}"), 404, "not_found")
    secret = {"text": "x", "visibility": "internal"}
    refused(
        await call("POST", f"{path}?userId={cast['agent']}", secret), 400, "invalid_request", "/visibility"
    )


async def test_only_the_author_edits_and_deletes(call: Api, path: str, cast: Cast) -> None:
    reviewer = f"?userId={cast['reviewer']}"
    made = await call.made(path + reviewer, text="first")
    one = f"{path}/{made['id']}"
    refused(await call("PATCH", one, {"text": "other"}), 403, "forbidden")
    refused(await call("DELETE", one), 403, "forbidden")
    refused(await call("DELETE", f"{one}?userId={cast['agent']}"), 404, "not_found")
    edited = (await call("PATCH", one + reviewer, {"text": "second", "visibility": "agent"})).json()
    assert (edited["text"], edited["visibility"], edited["createdAt"]) == (
        "second",
        "agent",
        made["createdAt"],
    )
    assert edited["editedAt"] >= edited["createdAt"]
    assert (await call("DELETE", one + reviewer)).status_code == 204
    assert await _texts(call, path) == []
    refused(await call("DELETE", one + reviewer), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "/text"), ({"text": " "}, "/text"), ({"text": "x" * 5001}, "/text"),
     ({"text": "x", "segmentId": "s2"}, "/segmentId"), ({"text": "x", "criterionKey": "no"}, "/criterionKey"),
     ({"text": "x", "segmentId": "s1", "criterionKey": "greeting"}, "/criterionKey"),
     ({"text": "x", "visibility": "public"}, "/visibility")],
)  # fmt: skip
async def test_what_is_about_nothing_or_says_nothing_is_refused(
    call: Api, path: str, body: dict[str, Any], field: str
) -> None:
    refused(await call("POST", path, body), 400, "invalid_request", field)
    assert await _texts(call, path) == []
