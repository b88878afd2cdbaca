"""People of one organisation: two agents with a call each, a supervisor who leads one of them, a reviewer."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from whole.conftest import Stage

PEOPLE = ("supervisor", "reviewer", "agent")
FIRST = "Jane Okonkwo-Lindqvist"
SECOND = "Zoe"


@dataclass
class Office:
    """``call`` is Jane's and on the review queue, as ``other`` is Zoe's."""

    call: str
    other: str
    ids: dict[str, str] = field(default_factory=dict[str, str])
    passwords: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def email(role: str) -> str:
        return f"{role}@example.com"


def open_office(stage: Stage) -> Office:
    """Made with the command line and the API; nobody leads a team yet."""
    run = stage.installation.json
    org = ("--org", "Default")
    ids = {name: run("agents", "create", name, *org)["id"] for name in (FIRST, SECOND)}
    people = {role: run("users", "create", Office.email(role), *org, "--role", role) for role in PEOPLE}
    run("users", "set-agent", Office.email("agent"), *org, "--agent", ids[FIRST])
    _rule(stage)
    sent = {
        name: stage.client.submit(stage.short_call, fileName=file, agentId=ids[name])["analysisId"]
        for name, file in ((FIRST, "Call of Jane.mp3"), (SECOND, "Call of Zoe.mp3"))
    }
    for one in sent.values():
        assert stage.client.finished(one)["status"] == "completed"
    ids |= {role: made["id"] for role, made in people.items()}
    return Office(sent[FIRST], sent[SECOND], ids, {role: made["password"] for role, made in people.items()})


def _rule(stage: Stage) -> None:
    scopes = ("--scope", "reviews:read", "--scope", "reviews:write")
    key: Any = stage.installation.json("keys", "create", "--org", "Default", "--name", "reviews", *scopes)
    rule = {"name": "Every call", "kind": "random", "share": 1}
    answer = httpx2.post(
        f"{stage.installation.url}/api/v1/review-rules", json=rule,
        headers={"Authorization": f"Bearer {key['token']}"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
