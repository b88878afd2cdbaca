"""``calltrace import``: what another system knows, and surveys as a file."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from calltrace.cli.importing import import_
from calltrace.kit.errors import InvalidRequestError, UsageError
from database.cli.conftest import Run

FILE: dict[str, Any] = {
    "engagements": [{"externalId": "e", "name": "Acme", "type": "renewal"}],
    "conversations": [
        {
            "externalId": "chat", "engagement": "e", "startedAt": "2026-03-01T10:00:00Z",
            "messages": [{"role": "agent", "content": "Hello", "timestamp": "2026-03-01T10:00:00Z"}],
        }
    ],
}  # fmt: skip


def test_engagements_chats_and_surveys(run: Run, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(import_)
    told, said = tmp_path / "file.json", tmp_path / "surveys.csv"
    told.write_text(json.dumps(FILE))
    made = json.loads(run(app, str(told), "--json"))
    assert set(made["engagements"]) == {"e"}
    assert json.loads(run(app, str(told), "--json")) == made
    said.write_text("externalId,callExternalId,score\ns,chat,5\n")
    assert json.loads(run(app, "surveys", str(said), "--json")) == {"created": 1, "updated": 0}
    assert json.loads(run(app, "surveys", str(said), "--json")) == {"created": 0, "updated": 1}
    said.write_text("externalId,callExternalId,score\nt,nobody,5\n")
    with pytest.raises(InvalidRequestError, match="Line 2: callExternalId names no call"):
        run(app, "surveys", str(said))
    for arguments in (("people", str(said)), ("surveys", str(tmp_path / "gone.csv"))):
        with pytest.raises(UsageError):
            run(app, *arguments)
