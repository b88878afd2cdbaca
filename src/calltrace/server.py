"""What ``calltrace serve`` serves: the API, the web UI and other vendors' contracts, behind one door."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from calltrace import dialects
from calltrace.analyses.watching import Watchers
from calltrace.api.app import create_app
from calltrace.kit.forwarded import Forwarded, Network
from calltrace.pipeline.context import Platform
from calltrace.web.app import create_web
from calltrace.web.render import warm

API_PATHS = ("/api", "/health", "/openapi.json")
"""These and what lies below them belong to the API; every other path is a page, or another contract's."""


def create_server(
    build: Callable[[], Platform],
    watchers: Watchers | None = None,
    hosts: Mapping[str, str] | None = None,
    proxies: Sequence[Network] = (),
) -> ASGIApp:
    """All applications behind one door, on one platform that is built at the start and closed at the end.

    Args:
        build: makes the platform.
        watchers: whoever passes them closes them when the server stops.
        hosts: which contract is meant by which name of a host, without its prefix.
        proxies: whose ``X-Forwarded-*`` is believed.
    """
    api, web = create_app(build, watchers), create_web()
    web.state.openapi, web.state.watchers = api.openapi, api.state.watchers
    others = {str(contract): app for contract, app in dialects.create_apps().items()}

    web.state.documents = {name: app.openapi for name, app in others.items()}

    @asynccontextmanager
    async def lifespan(_app: ASGIApp) -> AsyncGenerator[None]:
        async with api.router.lifespan_context(api):
            for app in (web, *others.values()):
                app.state.platform = api.state.platform
            warming = asyncio.create_task(asyncio.to_thread(warm))
            yield
            await warming

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        app, scope = chosen(scope, others, hosts or {})
        if app is None:
            app = api if belongs_to_api(scope["path"]) else web
        await app(scope, receive, send)

    door = Router(redirect_slashes=False, default=by_path, lifespan=lifespan)
    return Forwarded(door, proxies) if proxies else door


def chosen(
    scope: Scope, others: Mapping[str, FastAPI], hosts: Mapping[str, str]
) -> tuple[FastAPI | None, Scope]:
    """The contract that a host's name or a path's beginning means, and the request as it sees it.

    A host of its own serves a contract without the prefix, and with it: links that we signed have it.
    """
    host = Headers(scope=scope).get("host", "").partition(":")[0].lower()
    own, named = hosts.get(host), f"{scope['path']}/".split("/", 2)[1]  # a target may have no slash
    if own is not None and own in others and named != own:
        return others[own], scope
    if named in others:
        return others[named], {**scope, "root_path": f"{scope.get('root_path', '')}/{named}"}
    return None, scope


def belongs_to_api(path: str) -> bool:
    """Whether a path is one of the API's, or below one."""
    return any(path == one or path.startswith(f"{one}/") for one in API_PATHS)
