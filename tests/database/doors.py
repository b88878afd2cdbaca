"""Applications that tests share: to build one takes half a second, which is more than most tests take."""

import uuid
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from calltrace.api.app import create_app
from calltrace.pipeline.context import Platform
from calltrace.server import create_server


@dataclass
class _Turn:
    """Whose turn it is: the platform of the test that runs."""

    platform: Platform | None = None

    def __call__(self) -> Platform:
        assert self.platform is not None
        return self.platform


_turn = _Turn()
_servers: dict[str, Any] = {}
_native: list[FastAPI] = []


def new_place() -> str:
    """An address that no other test is throttled at."""
    return f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::7"


def server_on(platform: Platform, **options: Any) -> Any:
    """The whole server on a platform; its lifespan is the caller's. One is built for each set of options."""
    _turn.platform = platform
    name = repr(sorted(options.items()))
    if name not in _servers:
        _servers[name] = create_server(_turn, **options)
    return _servers[name]


def native_on(platform: Platform) -> FastAPI:
    """The native API alone on a platform, started."""
    if not _native:
        _native.append(create_app(_turn))
    _native[0].state.platform = platform
    return _native[0]
