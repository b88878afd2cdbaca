"""Signed links of this contract: sending a file, fetching a recording (acceptance AU-052, AU-054, AU-092)."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.analyses.models import WaitingFile
from calltrace.dialects.auralytik.file_queries import File
from calltrace.dialects.auralytik.forms import named
from calltrace.dialects.auralytik.signing import PREFIX
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError
from calltrace.kit.links import LinkSigner
from calltrace.pipeline.context import Platform

LIFETIME = timedelta(minutes=15)
UPLOAD, DOWNLOAD = "auralytik upload", "auralytik download"


@dataclass(frozen=True, slots=True)
class Link:
    """A link, and until when it is good."""

    url: str
    expires_at: datetime


def upload(platform: Platform, org_id: uuid.UUID, file_id: uuid.UUID) -> Link:
    """Where a file is to be put."""
    return _signed(platform, UPLOAD, "uploads", org_id, file_id)


def download(platform: Platform, org_id: uuid.UUID, file_id: uuid.UUID) -> Link:
    """Where a recording can be fetched."""
    return _signed(platform, DOWNLOAD, "recordings", org_id, file_id)


def _signed(platform: Platform, kind: str, where: str, org_id: uuid.UUID, file_id: uuid.UUID) -> Link:
    expires_at = (clock.now() + LIFETIME).replace(microsecond=0)
    query = signer(platform, kind).query(org_id, file_id, int(expires_at.timestamp()))
    return Link(f"{platform.public_url}{PREFIX}/files/{where}/{named('af', file_id)}?{query}", expires_at)


def signer(platform: Platform, kind: str) -> LinkSigner:
    """Signs and checks links of one kind."""
    return LinkSigner(kind, platform.links.secrets)


async def readable_size(session: AsyncSession, found: File) -> int:
    """Bytes of a recording that can be read now.

    A file that is being processed is read from its upload, unless what is sensitive is still to be taken
    out of it.

    Raises:
        NotFoundError: nothing was sent, or nothing of it can be read (yet).
    """
    if found.recording is not None:
        return found.recording.size_bytes
    upload = found.upload
    if upload is None or upload.direct or upload.status not in {"complete", "used", "kept"}:
        raise NotFoundError("There is no recording.")
    if not isinstance(found.row, WaitingFile):
        organisation = await accounts.organisation(session, found.row.org_id)
        if organisation is None or organisation.redaction:
            raise NotFoundError("There is no recording yet.")
    return upload.received
