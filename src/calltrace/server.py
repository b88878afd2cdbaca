"""What ``calltrace serve`` serves: the API and the web UI, each with its own errors and headers."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from calltrace.analyses.watching import Watchers
from calltrace.api.app import create_app
from calltrace.pipeline.context import Platform
from calltrace.web.app import create_web

API_PATHS = ("/api", "/health", "/openapi.json")
"""These and what lies below them belong to the API; every other path is a page."""


def create_server(build: Callable[[], Platform], watchers: Watchers | None = None) -> ASGIApp:
    """Both applications behind one door, on one platform that is built at the start and closed at the end.

    Whoever passes ``watchers`` closes them when the server stops.
    """
    api, web = create_app(build, watchers), create_web()
    web.state.openapi = api.openapi

    @asynccontextmanager
    async def lifespan(_app: ASGIApp) -> AsyncGenerator[None]:
        async with api.router.lifespan_context(api):
            web.state.platform = api.state.platform
            yield

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        await (api if belongs_to_api(scope["path"]) else web)(scope, receive, send)

    return Router(redirect_slashes=False, default=by_path, lifespan=lifespan)


def belongs_to_api(path: str) -> bool:
    """Whether a path is one of the API's, or below one."""
    return any(path == one or path.startswith(f"{one}/") for one in API_PATHS)
