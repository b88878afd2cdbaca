"""The list of calls, searched: what was said is found and shown, by those alone who may see it."""

import uuid

from calltrace.analyses.submit import Intake
from calltrace.pipeline.context import Platform
from database.analyses.factory import completed
from database.reviews.factory import new_agent
from database.web.conftest import Browser, NewPerson
from database.web.people import bind, lead


async def test_what_was_said_is_marked_and_leads_to_its_line(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    found = await completed(platform, intake, org, file_name="one.mp3")
    page = (await admin.get("/calls?text=MORN")).text
    assert f'href="/calls/{found}?find=morning#seg-s1">one.mp3</a>' in page
    assert "Good <mark>morning</mark>." in page
    assert 'name="text" type="search" value="MORN"' in page
    named = (await admin.get("/calls?text=one")).text
    assert f'href="/calls/{found}">one.mp3</a>' in named
    assert "<mark>" not in named
    opened = (await admin.get(f"/calls/{found}?find=morning")).text
    assert 'id="seg-s1"' in opened


HOSTILE = (
    "<script>", "%25", "_", '"', "'", "''\\", "…", "x" * 255, "%22" * 80, "*", "a%26%7C!(:*)", "%27%3B--"
)  # fmt: skip


async def test_whatever_is_typed_is_only_text(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    for one in HOSTILE:
        page = await admin.get(f"/calls?text={one}")
        assert page.status_code == 200, one
        assert "No call is like that." in page.text, one
        assert "<script>" not in page.text


async def test_too_much_text_is_no_page(admin: Browser) -> None:
    assert (await admin.get(f"/calls?text={'x' * 10_000}")).status_code == 404
    assert (await admin.get("/calls?text=%00")).status_code == 404


async def test_nobody_searches_in_calls_that_are_hidden_from_them(
    person: NewPerson, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    mine, theirs = [await new_agent(platform.database, org, name) for name in ("Jane", "Zoe")]
    seen = await completed(platform, intake, org, agent_id=mine)
    unseen = await completed(platform, intake, org, agent_id=theirs)
    supervisor, agent, reviewer = [await person(role) for role in ("supervisor", "agent", "reviewer")]
    await lead(platform.database, org, supervisor, mine)
    await bind(platform.database, org, agent, mine)
    for browser in (supervisor, agent):
        page = (await browser.get("/calls?text=morning")).text
        assert f"/calls/{seen}?find=" in page
        assert str(unseen) not in page
        assert "No call is like that." in (await browser.get("/calls?text=zoe")).text
    assert str(unseen) in (await reviewer.get("/calls?text=zoe+morning")).text
