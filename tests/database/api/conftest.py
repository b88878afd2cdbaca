"""The API in front of the test's platform."""

from collections.abc import AsyncGenerator

import httpx2
import pytest

from calltrace.api.app import create_app
from calltrace.pipeline.context import Platform


@pytest.fixture
async def api(platform: Platform) -> AsyncGenerator[httpx2.AsyncClient]:
    app = create_app(lambda: platform)
    app.state.platform = platform
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calls.test") as client:
        yield client
