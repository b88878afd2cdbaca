"""Objects by key, on a local disk or in a cloud; the only place that knows the library for it.

Keys are relative paths with ``/`` between the parts. Credentials and endpoints of clouds come from their
usual environment variables (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …).
"""

import asyncio
import glob
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Self, cast
from urllib.parse import unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, S3Store, from_url
from obstore.store import ObjectStore as Backend

from calltrace.kit.errors import ConfigurationError, NotFoundError, UnavailableError

_WINDOW = 8 * 1024 * 1024
"""Bytes asked for at once: each request stays far below the time limit of one request."""

_PRIVATE = 0o700
_MOST_RETRIES = 3
_RETRY_SECONDS = 30
_PROBE = b"calltrace"
_NOWHERE = "nothing-is-ever-stored-here"

# its types name a library of tables that is not installed
_list = cast("Callable[[Backend, str], Awaitable[object]]", obstore.list_with_delimiter_async)  # pyright: ignore[reportUnknownMemberType]

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class StorageAwayError(UnavailableError):
    """The store cannot be reached, is full, or refuses us; the same may succeed later.

    Attributes:
        reason: for operators; it can name hosts and folders, so that callers of the API are not told.
    """

    code = "storage_unavailable"
    title = "The object store cannot be used now"

    def __init__(self, reason: str, detail: str = "Try again in a moment.") -> None:
        super().__init__(detail)
        self.reason = reason


def _away(reason: str) -> StorageAwayError:
    log.warning("storage_failed", reason=reason)
    return StorageAwayError(reason)


class ObjectStore:
    """Every failure of the store is a ``StorageAwayError``: trying again later may do.

    A local folder or a bucket that is not there is such a failure too, and never "no such object": a disk
    that is not mounted must not look like recordings that are gone.
    """

    def __init__(self, backend: Backend, root: Path | None = None) -> None:
        self._backend = backend
        self._root = root

    @classmethod
    def from_url(cls, url: str) -> Self:
        """A store at ``file:///path``, ``s3://bucket/prefix``, ``gs://bucket/prefix`` or ``az://…``.

        A local folder is made if it is missing, for its owner only.

        Raises:
            ConfigurationError: no such kind of store, or the folder cannot be made.
        """
        try:
            if url.startswith("file:"):
                folder = _folder(url)
                return cls(LocalStore(folder), folder)
            patience = timedelta(seconds=_RETRY_SECONDS)
            return cls(from_url(url, retry_config={"max_retries": _MOST_RETRIES, "retry_timeout": patience}))
        except (BaseError, ValueError, OSError) as error:
            raise ConfigurationError(f"STORAGE_URL: {_first_line(error)}") from error

    @property
    def signs(self) -> bool:
        """Whether clients can be let write an object themselves (``presigned_put``).

        Only S3 and what speaks like it: other clouds want headers of their own with such a request.
        """
        return isinstance(self._backend, S3Store)

    async def presigned_put(self, key: str, lifetime: timedelta) -> str:
        """A URL that lets whoever has it PUT the object until ``lifetime`` is over.

        Raises:
            StorageAwayError: there are no credentials to sign with.
        """
        assert isinstance(self._backend, S3Store)
        async with self._translated(key):
            return await obstore.sign_async(self._backend, "PUT", key, lifetime)

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Write an object in one step: readers see all of it or what was there before.

        Raises:
            StorageAwayError: it could not be written. Errors of ``data`` pass unchanged.
        """
        source = data if isinstance(data, bytes) else _Source(data)
        try:
            async with self._translated(key):
                await obstore.put_async(self._backend, key, source)
        except (StorageAwayError, NotFoundError) as error:
            if isinstance(source, _Source) and source.error:
                raise source.error from None
            if isinstance(error, NotFoundError):  # a bucket that may not be listed, and is not there
                raise _away(f"there is no place for {key}") from error
            raise

    async def get(self, key: str) -> AsyncGenerator[bytes]:
        """The object's bytes in pieces, all of one version.

        Raises:
            NotFoundError, StorageAwayError (also when it is replaced while it is read).
        """
        async with self._translated(key):
            found = await obstore.head_async(self._backend, key)
        for start in range(0, found["size"], _WINDOW):
            end = min(start + _WINDOW, found["size"])
            async with self._translated(key):
                answer = await obstore.get_async(
                    self._backend, key, options={"range": (start, end), "if_match": found["e_tag"]}
                )
                part = bytes(await answer.bytes_async())
            yield part

    async def get_range(self, key: str, start: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``start``; fewer at the end of the object.

        Raises:
            NotFoundError, StorageAwayError (also when ``start`` lies behind the end).
        """
        if not length:
            return b""
        async with self._translated(key):
            return bytes(await obstore.get_range_async(self._backend, key, start=start, length=length))

    async def size(self, key: str) -> int:
        """Bytes of the object.

        Raises:
            NotFoundError, StorageAwayError.
        """
        async with self._translated(key):
            return (await obstore.head_async(self._backend, key))["size"]

    async def delete(self, key: str) -> None:
        """Remove the object and what an interrupted writing of it left; one that is not there is fine.

        Raises:
            StorageAwayError: it may still be there.
        """
        try:
            async with self._translated(key):
                await obstore.delete_async(self._backend, key)
        except NotFoundError:
            pass
        async with self._translated(key):
            await asyncio.to_thread(self._drop_staged, key)

    async def check(self) -> None:
        """Write, read and delete a small object.

        Raises:
            StorageAwayError: with a sentence that says which of the three failed.
        """
        key = f"probe/{secrets.token_hex(8)}"
        with _step("written to"):
            await self.put(key, _PROBE)
        with _step("read from"):
            if await self.get_range(key, 0, len(_PROBE)) != _PROBE:
                raise StorageAwayError("other bytes came back than were written")
        with _step("deleted from"):
            await self.delete(key)

    @asynccontextmanager
    async def _translated(self, key: str) -> AsyncGenerator[None]:
        try:
            self._require_root()
            yield
        except FileNotFoundError as error:
            await self._require_bucket()
            raise NotFoundError(f"There is no stored object {key}") from error
        except (BaseError, PermissionError) as error:
            raise _away(_first_line(error)) from error

    def _require_root(self) -> None:
        """The library would make the folder again: on whatever disk is there now."""
        if self._root is not None and not self._root.is_dir():
            raise _away(f"the folder {self._root} is not there")

    async def _require_bucket(self) -> None:
        """A missing bucket answers like a missing object; only listing tells the two apart."""
        if self._root is not None:
            return
        try:
            await _list(self._backend, _NOWHERE)
        except (PermissionDeniedError, UnauthenticatedError):
            return  # a key that may not list: there is no telling
        except (BaseError, OSError) as error:
            raise _away(_first_line(error)) from error

    def _drop_staged(self, key: str) -> None:
        """Local objects are written beside their name, as ``name#1``, and renamed: killed, that stays."""
        if self._root is None:
            return
        path = self._root / key
        for staged in path.parent.glob(f"{glob.escape(path.name)}#*"):
            staged.unlink(missing_ok=True)


class _Source:
    """Passes pieces on, and remembers the error that ended them: the library may wrap it in its own."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = pieces
        self.error: BaseException | None = None

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        try:
            async for piece in self._pieces:
                yield piece
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise


@contextmanager
def _step(name: str) -> Generator[None]:
    try:
        yield
    except (StorageAwayError, NotFoundError) as error:
        reason = error.reason if isinstance(error, StorageAwayError) else error.detail
        raise StorageAwayError(reason, f"The object store cannot be {name}: {reason}") from error


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
