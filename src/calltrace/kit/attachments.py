"""Names of files in answers (RFC 6266): a name comes from a client, so it is told in both of its forms."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"/\\:*?<>|%]')
LONGEST = 100


def attachment(name: str | None, fallback: str, extension: str) -> str:
    """A Content-Disposition for a file called like ``name``, with another extension.

    Only the last part of a path counts, and nothing of it can end the header or leave a folder.
    """
    last = PurePosixPath((name or "").replace("\\", "/")).stem
    stem = _UNSAFE.sub("_", last).strip(" .")[:LONGEST] or fallback
    full = f"{stem}.{extension}"
    plain = full.encode("ascii", "replace").decode("ascii").replace("?", "_")
    exact = "" if plain == full else f"; filename*=UTF-8''{quote(full, safe='')}"
    return f'attachment; filename="{plain}"{exact}'
