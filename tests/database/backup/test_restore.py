"""What was backed up comes back on an empty machine: the same data, the same tokens, unfinished work goes on."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from calltrace.api.app import create_app
from calltrace.backup.errors import BackupNewerError, RestoreRefusedError
from calltrace.backup.manifest import Manifest
from calltrace.backup.service import Options
from calltrace.db.migrate import head_revision, migrate
from calltrace.db.session import connect
from calltrace.kit.outbound import OutboundPolicy
from calltrace.pipeline.context import Platform
from calltrace.pipeline.deliver import Deliverer
from calltrace.pipeline.housekeeping import tidy
from calltrace.recordings.models import Recording
from database.analyses.factory import completed
from database.backup.conftest import Furnished, NewSite, age, furnish, value
from database.backup.site import AUDIO, Site, audio_of, intake_of
from database.webhooks.conftest import Receiver

LEASE = 30.0


async def _shown(platform: Platform, token: str, path: str) -> Any:
    app = create_app(lambda: platform)
    app.state.platform = platform
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calls.test") as client:
        answer = await client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()
