"""Objects by key, on a local disk or in a cloud; the only place that knows the library for it.

Keys are relative paths with ``/`` between the parts. Credentials and endpoints of clouds come from their
usual environment variables (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …).
"""

import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url
from obstore.store import ObjectStore as Backend

from calltrace.kit.errors import ConfigurationError, NotFoundError, UnavailableError

_WINDOW = 8 * 1024 * 1024
"""Bytes asked for at once: each request stays far below the time limit of one request."""

_PRIVATE = 0o700
_MOST_RETRIES = 3
_RETRY_SECONDS = 30
_PROBE = b"calltrace"


class ObjectStore:
    """Every failure of the store is an ``UnavailableError``: trying again later may do."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @classmethod
    def from_url(cls, url: str) -> Self:
        """A store at ``file:///path``, ``s3://bucket/prefix``, ``gs://bucket/prefix`` or ``az://…``.

        A local folder is made if it is missing, for its owner only.

        Raises:
            ConfigurationError: no such kind of store, or the folder cannot be made.
        """
        try:
            if url.startswith("file:"):
                return cls(LocalStore(_folder(url)))
            patience = timedelta(seconds=_RETRY_SECONDS)
            return cls(from_url(url, retry_config={"max_retries": _MOST_RETRIES, "retry_timeout": patience}))
        except (BaseError, ValueError, OSError) as error:
            raise ConfigurationError(f"STORAGE_URL: {_first_line(error)}") from error

    async def put(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        """Write an object in one step: readers see all of it or what was there before.

        Raises:
            UnavailableError: it could not be written. Errors of ``chunks`` pass unchanged.
        """
        with _translated(key):
            await obstore.put_async(self._backend, key, chunks)

    async def get(self, key: str) -> AsyncGenerator[bytes]:
        """The object's bytes in pieces.

        Raises:
            NotFoundError, UnavailableError.
        """
        size = await self.size(key)
        for start in range(0, size, _WINDOW):
            yield await self.get_range(key, start, min(_WINDOW, size - start))

    async def get_range(self, key: str, start: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``start``; fewer at the end of the object.

        Raises:
            NotFoundError, UnavailableError (also when ``start`` lies behind the end).
        """
        if not length:
            return b""
        with _translated(key):
            return bytes(await obstore.get_range_async(self._backend, key, start=start, length=length))

    async def size(self, key: str) -> int:
        """Bytes of the object.

        Raises:
            NotFoundError, UnavailableError.
        """
        with _translated(key):
            return (await obstore.head_async(self._backend, key))["size"]

    async def delete(self, key: str) -> None:
        """Remove the object; one that is not there is fine.

        Raises:
            UnavailableError: it may still be there.
        """
        try:
            with _translated(key):
                await obstore.delete_async(self._backend, key)
        except NotFoundError:
            return

    async def check(self) -> None:
        """Write, read and delete a small object.

        Raises:
            UnavailableError: with a sentence that says which of the three failed.
        """
        key = f"probe/{secrets.token_hex(8)}"
        with _step("written to"):
            await self.put(key, _once(_PROBE))
        with _step("read from"):
            if await self.get_range(key, 0, len(_PROBE)) != _PROBE:
                raise UnavailableError("other bytes came back than were written")
        with _step("deleted from"):
            await self.delete(key)


@contextmanager
def _translated(key: str) -> Generator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no stored object {key}") from error
    except (BaseError, PermissionError) as error:
        raise UnavailableError(f"The object store failed: {_first_line(error)}") from error


@contextmanager
def _step(name: str) -> Generator[None]:
    try:
        yield
    except (UnavailableError, NotFoundError) as error:
        raise UnavailableError(f"The object store cannot be {name}: {error.detail}") from error


async def _once(data: bytes) -> AsyncGenerator[bytes]:
    yield data


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute():
        raise ValueError("a local store needs an absolute path, as in file:///var/lib/calltrace")
    for missing in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
        missing.mkdir(mode=_PRIVATE, exist_ok=True)
    return path


def _first_line(error: Exception) -> str:
    """The library appends a dump of its internals after the first line."""
    return str(error).partition("\n")[0]
