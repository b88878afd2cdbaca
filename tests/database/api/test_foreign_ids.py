"""Whatever names an agent, a queue, a project and so on names the caller's own: others' are like none."""

import uuid
from typing import Any

import httpx2

from calltrace.api.app import create_app
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.alerts.test_alerts import LOW
from database.api.conftest import Api, refused
from database.conftest import NewOrg, new_token

KINDS = {
    "agentId": "agents", "agentIds": "agents", "queueId": "queues", "projectId": "projects",
    "engagementId": "engagements", "callCenterId": "call-centers",
}  # fmt: skip
WHEN = "2026-03-01T10:00:00Z"
RULE: dict[str, Any] = {"name": "x", "conditions": LOW}
BODIES: dict[str, dict[str, Any]] = {
    "agents": {"name": "x"}, "queues": {"name": "x"}, "teams": {"name": "x"}, "alert-rules": RULE,
    "alert-rules/test": RULE, "users": {"email": "x@calls.test", "role": "agent"},
    "analyses": {"fileUrl": "https://127.0.0.1/call.mp3"}, "conversations": {"startedAt": WHEN},
    "voice-calls": {"startedAt": WHEN},
}  # fmt: skip
"""What else a request needs: one for each path that something is made at."""
ONLY_NARROW = {"exports", "evaluation-batches", "backtests"}
"""There an id only narrows down, and a foreign one leaves nothing."""


def _operations(platform: Platform) -> list[tuple[str, str, list[str]]]:
    """Method, path and the fields in question of every request body of the document."""
    found = list[tuple[str, str, list[str]]]()
    for path, operations in create_app(lambda: platform).openapi()["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            fields = content.get("application/json", {}).get("schema", {}).get("properties", {})
            if named := [one for one in fields if one in KINDS]:
                found.append((method.upper(), path.removeprefix("/api/v1/"), named))
    return found


async def test_no_request_takes_what_is_anothers(
    call: Api, platform: Platform, api: httpx2.AsyncClient, database: Database, new_org: NewOrg
) -> None:
    other = Api(api, await new_token(database, await new_org()))
    theirs = {kind: (await other.made(kind, name="x"))["id"] for kind in set(KINDS.values())}
    operations = [one for one in _operations(platform) if one[1].split("/")[-1] not in ONLY_NARROW]
    assert {path.partition("/{")[0] for _method, path, _fields in operations} == BODIES.keys()
    for method, path, fields in operations:
        kind, one, _rest = path.partition("/{")
        where = f"{kind}/{(await call.made(kind, **BODIES[kind]))['id']}" if one else path
        for field in fields:
            for wrong in (theirs[KINDS[field]], str(uuid.uuid4())):
                named = {field: [wrong] if field.endswith("s") else wrong}
                answer = await call(method, where, named if one else BODIES[kind] | named)
                refused(answer, 400, "invalid_request")
                pointers = [error["pointer"] for error in answer.json()["errors"]]
                assert pointers[0].startswith(f"/{field}"), f"{method} {path}"
