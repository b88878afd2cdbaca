"""What calls are filed under, conversations and exports as pictures; see ``test_looks``."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from whole.browser.looks import Look, look
from whole.browser.test_admin import new_owner
from whole.conftest import Stage

__all__ = ["look"]
_LONG = "A rather long name of something that a department of a subsidiary in Łódź thought of"
_SAID = (
    ("customer", "Good morning.\nMy router has been blinking red since the storm of yesterday evening."),
    ("bot", "Thank you for your message. I am looking for somebody who can help."),
    ("agent", "Good morning, my name is Ana. Thank you for calling Harbor Broadband, how can I help you?"),
    ("customer", "As I said: https://router.example/" + "status-page-" * 8 + " shows an error."),
    ("agent", "I am sorry to hear that. I send a technician tomorrow between nine and ten."),
    ("customer", "Perfect, thank you, that is all."), ("agent", "Thank you, have a nice day. Goodbye!"),
)  # fmt: skip
_FILE: dict[str, Any] = {
    "callCenters": [{"externalId": "cc-1", "name": "Lisbon"}],
    "campaigns": [
        {
            "externalId": "c-1", "name": "Renewals", "type": "outbound", "callCenter": "cc-1",
            "startDate": "2026-01-01", "endDate": "2026-12-31",
            "description": "Everybody whose contract ends this year.",
        },
        {"externalId": "a-rather-long-external-id-of-a-crm", "name": _LONG, "status": "paused"},
    ],
    "executives": [{"externalId": "ex-1", "name": "Ana Perez-Lindqvist"}],
    "conversations": [
        {
            "externalId": "chat-4711", "channelId": "whatsapp-business-of-the-north", "campaign": "c-1",
            "executive": "ex-1", "status": "completed", "startedAt": "2026-03-01T12:57:00Z", "language": "en",
            "messages": [
                {"role": role, "content": text, "timestamp": f"2026-03-0{1 + number // 3}T12:58:{number:02}Z"}
                for number, (role, text) in enumerate(_SAID)
            ],
        },
        {
            "externalId": "chat-4712", "channelId": "web", "status": "active",
            "startedAt": "2026-03-02T10:00:00Z",
            "messages": [{"role": "customer", "content": "Anybody?", "timestamp": "2026-03-02T10:00:00Z"}],
        },
    ],
    "voiceCalls": [
        {
            "externalId": "bot-1", "campaign": "c-1", "direction": "Outbound", "state": "Completed",
            "startTime": "2026-03-02T09:00:00Z", "endTime": "2026-03-02T09:05:12Z", "durationSeconds": 312,
            "talkTimeSeconds": 287, "outcome": "Will pay", "executive": "ex-1",
            "transcript": [{"role": "agent", "text": "Hello, how are you?", "timestamp": "00:00:01"}],
            "epaResults": {
                "state": "Partial", "completionReason": "HangUp", "totalQuestions": 3, "questionsAnswered": 1,
                "calculatedScore": 85.5,
                "responses": [{"question": "How satisfied are you?", "answer": "Very satisfied", "score": 5}],
            },
        }
    ],
}  # fmt: skip


@pytest.fixture
def moved_in(look: Look, stage: Stage) -> str:
    """Somebody who owns an organisation without anything is signed in: its id."""
    look.seat.page.context.clear_cookies()
    owner = new_owner(stage)
    look.seat.sign_in(owner.password, owner.email)
    return owner.org


def test_what_calls_are_filed_under_conversations_and_files(
    look: Look, stage: Stage, moved_in: str, tmp_path: Path
) -> None:
    page = look.seat.page
    for path, name in (
        ("/projects", "projects"),
        ("/conversations", "conversations"),
        ("/exports", "exports"),
    ):
        look.open(path, f"{name}-first")
    look.open("/projects/new", "project-new")
    page.get_by_label("Name", exact=True).fill("   ")
    page.get_by_role("button", name="Create project").click()
    page.get_by_role("alert").wait_for()
    look.check("project-mistakes")
    page.get_by_label("Name", exact=True).fill(_LONG)
    page.get_by_label("Description").fill("Calls of the spring offer.\nAll of them.")
    page.get_by_role("button", name="Create project").click()
    look.check("project-made")
    (tmp_path / "moved.json").write_text(json.dumps(_FILE))
    stage.installation.json("import", str(tmp_path / "moved.json"), "--org", moved_in)
    look.open("/campaigns", "campaigns")
    page.get_by_role("link", name="Renewals").first.click()
    look.check("campaign")
    page.get_by_role("link", name="Change").click()
    look.check("campaign-edit")
    page.get_by_text("Delete the campaign").click()
    look.check("campaign-delete")
    with page.expect_navigation():
        page.get_by_role("button", name="Archive the campaign").click()
    look.check("campaign-archived")
    look.open("/campaigns?archived=yes", "campaigns-archived")
    look.open("/engagements?status=archived", "engagements-none")
    _conversations(look)
    look.open("/exports", "exports-asked", lambda page: page.get_by_role("button", name="Export").click())
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=60_000)
    look.check("exports-done")
    look.open("/docs/callcenterrate", "reference-contract")


def _conversations(look: Look) -> None:
    page = look.seat.page
    look.open("/conversations", "conversations")
    page.get_by_role("link", name="chat-4711").click()
    expect(page.locator(".judged")).to_be_visible()
    quote = page.locator(".quote").first
    quote.click()
    expect(page.locator(".chat .line[aria-current]")).to_be_in_viewport()
    look.check("conversation")
    look.open("/calls", "calls-chats")
    look.open("/conversations?kind=voice", "conversations-voice")
    page.get_by_role("link", name="bot-1").click()
    look.check("conversation-bot")
