"""Scorecards as pages: read, imported, written, compared, published, chosen, put away."""

import html
import re
import uuid
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from calltrace.accounts import organisation
from calltrace.accounts.audit import OPERATOR
from calltrace.catalog.models import Queue
from calltrace.db.session import Database
from calltrace.scorecards import drafts, queries, service, versions
from calltrace.scorecards.catalogue import ready_scorecards, ready_text
from calltrace.scorecards.models import ScorecardVersion
from calltrace.scorecards.yaml import load_scorecard
from database.conftest import NewOrg
from database.scorecards.factory import card, stored
from database.web.conftest import Browser, NewPerson, hidden

LIST = "/scorecards"
_TEXT = re.compile(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', re.DOTALL)


def _text(answer: httpx2.Response) -> str:
    found = _TEXT.search(answer.text)
    assert found, answer.text
    return html.unescape(found[1])


async def _versions(database: Database, org: uuid.UUID, scorecard_id: object) -> Sequence[ScorecardVersion]:
    async with database.tenant(org) as session:
        return await queries.versions(session, uuid.UUID(str(scorecard_id)), None, 100)


async def test_calls_in_languages_that_a_scorecard_is_not_meant_for_are_told_of(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    async with database.tenant(org) as session:
        meant = card().model_copy(update={"languages": ["en"]})
        made = await service.create(session, org, OPERATOR, meant, None)
        any_language = await service.create(session, org, OPERATOR, card(), "any")
        await organisation.change(session, org, OPERATOR, {"languages": ["en", "fi"]})
    assert "Calls are also in Finnish." in (await admin.get(f"{LIST}/{made.row.id}")).text
    assert "Calls are also" not in (await admin.get(f"{LIST}/{any_language.row.id}")).text


async def _draft(database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, words: str) -> None:
    async with database.tenant(org) as session:
        await drafts.save(session, OPERATOR, scorecard_id, card(words=words))


@pytest.fixture
async def made(database: Database, org: uuid.UUID) -> queries.Stored:
    return await stored(database, org)


@pytest.fixture
def here(made: queries.Stored) -> str:
    return f"{LIST}/{made.row.id}"


async def test_the_list_says_what_counts_and_who_uses_it(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored
) -> None:
    await _draft(database, org, made.row.id, "hello")
    async with database.tenant(org) as session:
        session.add(Queue(org_id=org, name="Sales <line>", scorecard_id=made.row.id))
    page = (await admin.get(LIST)).text
    for shown in ("Renewals", "<code>renewals</code>", "version 1", "draft", "Sales &lt;line&gt;"):
        assert shown in page, shown
    for one in ready_scorecards().values():
        assert one.name in page


@pytest.mark.parametrize("key", list(ready_scorecards()))
async def test_a_ready_scorecard_is_read_exported_and_copied(
    admin: Browser, database: Database, org: uuid.UUID, key: str
) -> None:
    ready = ready_scorecards()[key]
    page = await admin.get(f"{LIST}/ready/{key}")
    for one in ready.criteria:
        assert html.escape(one.name, quote=True).replace("&#x27;", "&#39;") in page.text
    assert (await admin.get(f"{LIST}/ready/{key}/export")).text == ready_text(key)
    answer = await admin.send(f"{LIST}/ready/{key}/copy", hidden(page) | {"name": f"Our {key}"})
    there = answer.headers["location"]
    shown = await admin.get(there)
    assert f"Our {key}" in shown.text
    (version,) = await _versions(database, org, there.split("/")[2])
    assert version.published_at is None
    assert len(version.document["sections"]) == len(ready.sections)


async def test_a_document_reads_in_words(admin: Browser) -> None:
    page = (await admin.get(f"{LIST}/ready/sales")).text
    for words in (
        "first 30 seconds by the agent: greets and says the own name or names the company.",
        "the agent greets", "Goes to review below 75 % certainty", "weight 15", "10 points",
    ):  # fmt: skip
        assert words in page, words


async def test_what_is_exported_can_be_imported_again_as_a_draft(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str
) -> None:
    text = (await admin.get(f"{here}/export")).text
    wanted = text.replace("good morning", "good evening")
    answer = await admin.submit(f"{LIST}/import", {"text": wanted})
    assert answer.headers["location"] == f"{here}?version=2&done=scorecard-imported"
    newest, oldest = await _versions(database, org, made.row.id)
    assert (newest.published_at, oldest.published_at is None) == (None, False)
    assert "good evening" in str(newest.document)


async def test_a_file_is_imported_without_a_script(
    admin: Browser, database: Database, org: uuid.UUID
) -> None:
    fields = hidden(await admin.get(f"{LIST}/import"))
    answer = await admin.client.post(
        f"{LIST}/import", headers={"Origin": admin.url}, data=fields | {"text": ""},
        files={"file": ("ours.yaml", ready_text("sales").encode(), "application/yaml")},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    (version,) = await _versions(database, org, answer.headers["location"].split("/")[2].split("?")[0])
    assert version.document["key"] == "sales"


async def test_a_form_with_a_file_needs_the_token_too(admin: Browser) -> None:
    answer = await admin.client.post(
        f"{LIST}/import", headers={"Origin": admin.url}, data={"csrf": "x"},
        files={"file": ("ours.yaml", b"key: a", "application/yaml")},
    )  # fmt: skip
    assert answer.status_code == 403


FAULTS = """key: renewals
name: Renewals
pass_mark: 300
sections:
  - name: All
    criteria:
      - {key: Bad Key, name: "<b>", points: 10, check: {kind: said, cues: []}}
      - {key: other, points: 10, check: {kind: nothing}}
"""


@pytest.mark.parametrize("where", ["import", "yaml"])
async def test_every_fault_of_a_text_is_told_with_its_place_and_nothing_is_lost(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str, where: str
) -> None:
    path = f"{LIST}/import" if where == "import" else f"{here}/yaml"
    answer = await admin.submit(path, {"text": FAULTS})
    assert answer.status_code == 422
    places = re.findall(r'data-line="(\d+)" data-column="(\d+)"', answer.text)
    assert {line for line, _column in places} == {"3", "7", "8"}
    assert len(places) >= 5, "every fault, not only the first"
    assert _text(answer).replace("\r\n", "\n") == FAULTS
    assert "<b>" not in answer.text
    assert len(await _versions(database, org, made.row.id)) == 1


NO_YAML = {
    "nothing": "",
    "a list": "- a",
    "tabs": "a:\n\tb",
    "an alias": "a: &x 1\nb: *x",
    "too big": "#" * 262_145,
}


@pytest.mark.parametrize("text", NO_YAML.values(), ids=NO_YAML)
async def test_what_is_no_scorecard_is_refused_in_words(admin: Browser, text: str) -> None:
    answer = await admin.submit(f"{LIST}/import", {"text": text})
    assert answer.status_code == 422
    assert "wrong.</strong> Nothing was saved" in answer.text


async def test_the_text_is_saved_as_the_draft(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str
) -> None:
    shown = await admin.get(f"{here}/yaml")
    assert load_scorecard(_text(shown)).key == "renewals"
    wanted = _text(shown).replace("good morning", "good evening")
    answer = await admin.send(f"{here}/yaml", hidden(shown) | {"text": wanted})
    assert answer.headers["location"] == f"{here}/yaml?done=draft-saved"
    draft, published = await _versions(database, org, made.row.id)
    assert draft.published_at is None
    assert "good evening" in str(draft.document)
    assert "good morning" in str(published.document)


async def test_of_two_who_save_the_second_sees_what_the_first_did_and_loses_nothing(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str
) -> None:
    mine = await admin.get(f"{here}/yaml")
    await _draft(database, org, made.row.id, "what they wrote")
    text = _text(mine).replace("good morning", "what I wrote")
    answer = await admin.send(f"{here}/yaml", hidden(mine) | {"text": text})
    assert answer.status_code == 409
    for shown in ("Somebody else saved meanwhile", "command line saved", "what they wrote", "what I wrote"):
        assert shown in answer.text, shown
    draft = (await _versions(database, org, made.row.id))[0]
    assert "what they wrote" in str(draft.document), "nothing was written"
    kept = re.search(r'<textarea name="text" hidden[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
    assert kept
    fields = hidden(answer) | {"text": html.unescape(kept[1])}
    assert (await admin.send(f"{here}/yaml", fields)).status_code == 303
    assert "what I wrote" in str((await _versions(database, org, made.row.id))[0].document)


async def test_versions_show_who_wrote_them_and_what_differs(admin: Browser, here: str) -> None:
    shown = await admin.get(f"{here}/yaml")
    text = _text(shown).replace("good morning", "good evening").replace("points: 10", "points: 15")
    await admin.send(f"{here}/yaml", hidden(shown) | {"text": text})
    page = (await admin.get(f"{here}/versions")).text
    assert f"drafted by {admin.email}" in page
    assert "written by command line" in page
    for gone, new in (("Points: 10", "Points: 15"), ("good morning", "good evening")):
        assert re.search(rf"<del>[^<]*{gone}</del>", page), gone
        assert re.search(rf"<ins>[^<]*{new}</ins>", page), new
    other_way = (await admin.get(f"{here}/versions?before=2&after=1")).text
    assert re.search(r"<ins>[^<]*good morning</ins>", other_way)
    assert (await admin.get(f"{here}/versions?before=1&after=9")).status_code == 404
    assert (await admin.get(f"{here}/versions?before=x")).status_code == 404


async def test_a_draft_is_published(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str
) -> None:
    await _draft(database, org, made.row.id, "good evening")
    shown = await admin.get(f"{here}/publish")
    assert "good evening" in shown.text
    answer = await admin.send(f"{here}/publish", hidden(shown))
    assert answer.headers["location"] == f"{here}?version=2&done=scorecard-published"
    async with database.tenant(org) as session:
        stored_now = await versions.current(session, made.row.id)
    assert (stored_now.version.version, stored_now.draft) == (2, None)
    assert (await admin.get(f"{here}/publish")).status_code == 404, "there is no draft any more"


async def test_a_version_that_somebody_else_published_is_not_undone_unseen(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str
) -> None:
    await _draft(database, org, made.row.id, "mine")
    opened = await admin.get(f"{here}/publish")
    async with database.tenant(org) as session:
        await versions.add(session, OPERATOR, made.row.id, card(words="theirs"))
    answer = await admin.send(f"{here}/publish", hidden(opened))
    assert answer.status_code == 409
    assert "What changed meanwhile: version 1 to version 3" in answer.text
    assert re.search(r"<ins>[^<]*theirs</ins>", answer.text)
    assert re.search(r"<del>[^<]*theirs</del>", answer.text), "what publishing all the same undoes"
    again = await admin.send(f"{here}/publish", hidden(answer))
    assert again.headers["location"] == f"{here}?version=4&done=scorecard-published"


async def test_a_draft_that_changed_since_it_was_read_is_not_published_unseen(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str
) -> None:
    await _draft(database, org, made.row.id, "what I read")
    opened = await admin.get(f"{here}/publish")
    await _draft(database, org, made.row.id, "what came after")
    answer = await admin.send(f"{here}/publish", hidden(opened))
    assert answer.status_code == 409
    assert "what came after" in answer.text
    assert (await admin.send(f"{here}/publish", hidden(answer))).status_code == 303


async def test_a_draft_is_discarded(
    admin: Browser, database: Database, org: uuid.UUID, made: queries.Stored, here: str
) -> None:
    await _draft(database, org, made.row.id, "not wanted")
    assert "not wanted" in (await admin.get(f"{here}/discard")).text
    answer = await admin.submit(f"{here}/discard")
    assert answer.headers["location"] == f"{here}?done=draft-discarded"
    assert len(await _versions(database, org, made.row.id)) == 1


async def test_a_scorecard_that_is_nothing_but_a_draft_goes_with_it(admin: Browser) -> None:
    copied = await admin.submit(f"{LIST}/ready/sales", {"name": "x"}, to=f"{LIST}/ready/sales/copy")
    there = copied.headers["location"].split("/edit")[0]
    answer = await admin.submit(f"{there}/discard")
    assert answer.headers["location"] == f"{LIST}?done=draft-discarded"
    assert (await admin.get(there)).status_code == 404


async def test_it_is_chosen_for_the_organisation_and_queues_and_then_not_archived(
    admin: Browser, database: Database, org: uuid.UUID, here: str
) -> None:
    async with database.tenant(org) as session:
        queue = Queue(org_id=org, name="Sales")
        session.add(queue)
    chosen: dict[str, Any] = {"default": "yes", "queues": [str(queue.id)]}
    assert (await admin.submit(f"{here}/use", chosen)).status_code == 303
    page = await admin.get(f"{here}/use")
    assert page.text.count("checked") == 2
    refused = await admin.send(f"{here}/archive", hidden(page))
    assert refused.status_code == 409
    assert "Queues still choose this scorecard" in refused.text
    assert (await admin.submit(f"{here}/use")).status_code == 303, "nothing is chosen"
    answer = await admin.submit(f"{here}/use", to=f"{here}/archive")
    assert answer.headers["location"] == f"{here}/use?done=scorecard-archived"
    assert "Archived" in (await admin.get(f"{here}/use")).text
    assert (await admin.submit(f"{here}/use", to=f"{here}/unarchive")).status_code == 303
    assert "Default of the organisation" in (await admin.get(f"{here}/use")).text


async def test_what_others_chose_meanwhile_stands_unless_the_page_says_otherwise(
    admin: Browser, database: Database, org: uuid.UUID, here: str
) -> None:
    async with database.tenant(org) as session:
        mine, theirs = Queue(org_id=org, name="Sales"), Queue(org_id=org, name="Support")
        session.add_all([mine, theirs])
    before = hidden(await admin.get(f"{here}/use"))
    await admin.submit(f"{here}/use", {"default": "yes", "queues": [str(theirs.id)]})
    assert (await admin.send(f"{here}/use", before | {"queues": [str(mine.id)]})).status_code == 303
    page = (await admin.get(f"{here}/use")).text
    assert page.count("checked") == 3, "the default and the other queue stay as somebody else chose"


async def test_what_is_not_published_cannot_be_chosen(admin: Browser) -> None:
    copied = await admin.submit(f"{LIST}/ready/sales", {"name": "x"}, to=f"{LIST}/ready/sales/copy")
    there = copied.headers["location"].split("/edit")[0]
    answer = await admin.submit(f"{there}/use", {"default": "yes"})
    assert answer.status_code == 400
    assert "Nothing of this scorecard is published yet." in answer.text


async def test_another_organisation_sees_none_of_it(person: NewPerson, new_org: NewOrg, here: str) -> None:
    stranger = await person("owner", await new_org())
    assert "Renewals" not in (await stranger.get(LIST)).text
    for path in ("", "/edit", "/yaml", "/versions", "/use", "/export", "/try", "/backtests"):
        assert (await stranger.get(here + path)).status_code == 404, path
