"""What happens around every request."""

from collections.abc import MutableMapping
from typing import Any

from structlog.testing import capture_logs

from calltrace.api.app import create_app
from calltrace.pipeline.context import Platform
from database.conftest import Caller


async def test_a_client_that_hangs_up_in_the_middle_is_no_fault(platform: Platform, caller: Caller) -> None:
    app = create_app(lambda: platform)
    app.state.platform = platform
    headers = {"authorization": f"Bearer {caller.token}", "content-type": "application/json"}
    said = [{"type": "http.request", "body": b'{"fileUrl":', "more_body": True}, {"type": "http.disconnect"}]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return said.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/api/v1/analyses",
        "raw_path": b"/api/v1/analyses", "root_path": "", "query_string": b"", "client": ("127.0.0.1", 1),
        "server": ("calls.test", 80), "headers": [(n.encode(), v.encode()) for n, v in headers.items()],
    }  # fmt: skip
    with capture_logs() as logs:
        await app(scope, receive, send)
    assert sent == []
    assert [one["event"] for one in logs if one["log_level"] == "error"] == []
    assert "client_hung_up" in [one["event"] for one in logs]
