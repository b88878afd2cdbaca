"""Our own styles, pictures and scripts: read once, cached for ever under the digest of their content."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain

from fastapi import APIRouter, Response

from calltrace.kit.errors import NotFoundError

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER = "public, max-age=31536000, immutable"
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is answered."""

    content: bytes
    media_type: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """All files of the folders ``static`` and ``built``, by name.

    Raises:
        RuntimeError: the scripts were not built: this is a checkout that was not installed.
    """
    found: dict[str, Asset] = {}
    web = files("calltrace.web")
    if not web.joinpath("built").is_dir():
        raise RuntimeError("The scripts of the pages were not built: run `make install`.")
    for file in chain(web.joinpath("static").iterdir(), web.joinpath("built").iterdir()):
        suffix = "." + file.name.rpartition(".")[2]
        if suffix in _MEDIA_TYPES:
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:16]
            found[file.name] = Asset(content, _MEDIA_TYPES[suffix], digest)
    return found


def url(name: str) -> str:
    """The address of a file: another one as soon as its content is another."""
    return f"/static/{assets()[name].digest}/{name}"


@router.get("/static/{digest}/{name}")
async def asset(digest: str, name: str) -> Response:
    """One file. An address of before answers nothing: its content would be wrong."""
    found = assets().get(name)
    if found is None or found.digest != digest:
        raise NotFoundError("There is no such file.")
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": _FOR_EVER})
