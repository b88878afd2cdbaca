"""How tests speak to the API."""

from typing import Any

import httpx2


def auth(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def problem_of(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that was answered; it must be this one, in the contract's shape."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["requestId"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail"} <= body.keys()
    return body
