"""An agent acknowledges or appeals; somebody impartial decides, in time."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.pipeline.context import Platform
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import Line, judged_call, new_agent, new_user

Cast = dict[str, str]


@pytest.fixture
async def cast(platform: Platform, caller: Caller) -> Cast:
    database, org = platform.database, caller.org_id
    jane, joe = [await new_agent(database, org, name) for name in ("Jane", "Joe")]
    return {
        "call": str(await judged_call(platform, org, {"greeting": Line("not_met")}, agent_id=jane)),
        "jane": str(await new_user(database, org, "agent", jane)),
        "joe": str(await new_user(database, org, "agent", joe)),
        **{role: str(await new_user(database, org, role)) for role in ("reviewer", "admin")},
    }


def _appeal(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {"analysisId": cast["call"], "criterionKey": "greeting", "reason": "I did greet."} | changes


async def _score(call: Api, cast: Cast) -> float:
    return (await call("GET", f"analyses/{cast['call']}")).json()["evaluation"]["score"]


UPHELD = {"outcome": "upheld", "reason": "She did.", "verdict": "met", "revision": 0}
REJECTED = {"outcome": "rejected", "reason": "She did not."}


async def test_an_agent_acknowledges_the_own_result_once(call: Api, cast: Cast) -> None:
    path = f"analyses/{cast['call']}/acknowledgements"
    first = await call("POST", f"{path}?userId={cast['jane']}")
    again = await call("POST", f"{path}?userId={cast['jane']}")
    assert (first.status_code, again.json()) == (200, first.json())
    assert (await call("GET", path)).json()["data"] == [first.json()]
    refused(await call("POST", f"{path}?userId={cast['joe']}"), 404, "not_found")
    refused(await call("POST", f"{path}?userId={cast['reviewer']}"), 403, "forbidden")
    refused(await call("POST", path), 400, "invalid_request", "/userId")


async def test_an_upheld_appeal_overrides_with_it(call: Api, cast: Cast) -> None:
    made = await call.made(f"appeals?userId={cast['jane']}", **_appeal(cast))
    assert (made["state"], made["userId"], made["decidedAt"]) == ("open", cast["jane"], None)
    before = await _score(call, cast)
    decide = f"appeals/{made['id']}/decision?userId={cast['reviewer']}"
    refused(await call("POST", decide, UPHELD | {"revision": 7}), 409, "override_conflict")
    refused(await call("POST", decide, {**UPHELD, "revision": None}), 400, "invalid_request", "/revision")
    assert (await call("GET", f"appeals/{made['id']}")).json()["state"] == "open"
    decided = (await call("POST", decide, UPHELD)).json()
    assert (decided["state"], decided["decisionReason"]) == ("upheld", "She did.")
    [override] = (await call("GET", f"analyses/{cast['call']}/evaluation/overrides")).json()["data"]
    assert (override["id"], override["by"]["id"]) == (decided["overrideId"], cast["reviewer"])
    assert await _score(call, cast) > before
    refused(await call("POST", decide, REJECTED), 409, "appeal_decided")
    assert (await call("GET", f"appeals?userId={cast['jane']}&state=upheld")).json()["data"] == [decided]


async def test_a_rejected_appeal_has_a_reason_and_changes_nothing(call: Api, cast: Cast) -> None:
    made = await call.made(f"appeals?userId={cast['jane']}", **_appeal(cast))
    before, decide = await _score(call, cast), f"appeals/{made['id']}/decision"
    refused(
        await call("POST", decide, {"outcome": "rejected", "reason": " "}), 400, "invalid_request", "/reason"
    )
    refused(await call("POST", decide, REJECTED | {"verdict": "met"}), 400, "invalid_request", "/verdict")
    rejected = (await call("POST", decide, REJECTED)).json()
    assert (rejected["state"], rejected["overrideId"], await _score(call, cast)) == ("rejected", None, before)
    refused(await call("POST", f"appeals?userId={cast['jane']}", _appeal(cast)), 409, "already_exists")


@pytest.mark.parametrize(
    ("user", "changes", "status", "code"),
    [("joe", {}, 404, "not_found"), ("reviewer", {}, 403, "forbidden"),
     ("jane", {"criterionKey": "none"}, 400, "invalid_request"),
     ("jane", {"analysisId": str(uuid.uuid4())}, 404, "not_found"),
     ("jane", {"reason": " "}, 400, "invalid_request")],
)  # fmt: skip
async def test_who_cannot_appeal_what(
    call: Api, cast: Cast, user: str, changes: dict[str, Any], status: int, code: str
) -> None:
    refused(await call("POST", f"appeals?userId={cast[user]}", _appeal(cast, **changes)), status, code)
    assert (await call("GET", "appeals")).json()["data"] == []


async def test_an_appeal_that_comes_late_is_refused(
    call: Api, platform: Platform, caller: Caller, cast: Cast
) -> None:
    async with platform.database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE evaluations SET completed_at = completed_at - interval '8 days'"))
    late = f"appeals?userId={cast['jane']}"
    refused(await call("POST", late, _appeal(cast)), 409, "appeal_too_late")
    await call("PATCH", "review-settings", {"appealDays": 9})
    await call.made(late, **_appeal(cast))


async def test_nobody_decides_for_themselves(
    call: Api, platform: Platform, caller: Caller, cast: Cast
) -> None:
    override = {"criterionKey": "greeting", "revision": 0, "verdict": "not_met", "reason": "No."}
    await call.made(f"analyses/{cast['call']}/evaluation/overrides?userId={cast['reviewer']}", **override)
    made = await call.made(f"appeals?userId={cast['jane']}", **_appeal(cast))
    decide = f"appeals/{made['id']}/decision?userId="
    refused(await call("POST", decide + cast["jane"], REJECTED), 403, "forbidden")
    refused(await call("POST", decide + cast["joe"], REJECTED), 404, "not_found")
    refused(await call("POST", decide + cast["reviewer"], REJECTED), 403, "not_impartial")
    async with platform.database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": cast["jane"]})
    refused(await call("POST", decide + cast["jane"], REJECTED), 403, "not_impartial")
    assert (await call("POST", decide + cast["admin"], REJECTED)).status_code == 200
