"""Projects, campaigns, call centers and engagements on pages: made, changed, found, and who may do what."""

import html
import re
import uuid
from typing import Any

import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import conversations
from calltrace.analyses.telling import Source, Told
from calltrace.catalog import service
from calltrace.catalog.models import Project
from calltrace.catalog.service import CALL_CENTERS, ENGAGEMENTS, PROJECTS
from calltrace.insights import rollup
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError
from calltrace.pipeline.context import Platform
from calltrace.web.filed import SORTS, Sort
from calltrace.web.insight_filters import SPLITS
from database.conftest import NewOrg
from database.reviews.factory import Line, judged_call, new_agent
from database.web.conftest import Browser, NewPerson
from database.web.people import lead

EVERY = pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.path)
PATHS = [sort.path for sort in SORTS]


async def _made(admin: Browser, path: str, **fields: str) -> str:
    answer = await admin.submit(f"{path}/new", fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def _names(page: str, path: str) -> list[str]:
    """The names that a list shows, in its order."""
    found = re.findall(rf'<th scope="row"><a href="{path}/[0-9a-f-]{{36}}">([^<]+)</a>', page)
    return [html.unescape(one) for one in found]


@EVERY
async def test_one_is_made_shown_changed_and_deleted(
    admin: Browser, platform: Platform, org: uuid.UUID, sort: Sort
) -> None:
    assert sort.said["none_yet"] in (await admin.get(sort.path)).text
    here = await _made(
        admin, sort.path, name="<Spring>", externalId="crm-1", description="For spring.\r\nAll."
    )
    shown = (await admin.get(here)).text
    assert "&lt;Spring&gt;" in shown
    assert "crm-1" in shown
    assert sort.said["unnamed"] in shown
    assert _names((await admin.get(sort.path)).text, sort.path) == ["<Spring>"]
    filled = (await admin.get(f"{here}/edit")).text
    assert 'value="crm-1"' in filled
    assert ("For spring.\nAll.</textarea>" in filled) == ("description" in sort.has)
    changed = await admin.submit(f"{here}/edit", {"name": "Autumn"})
    assert (changed.status_code, changed.headers["location"]) == (303, f"{here}?done=filed-saved")
    assert _names((await admin.get(sort.path)).text, sort.path) == ["Autumn"]
    assert "crm-1" not in (await admin.get(here)).text, "an empty field takes away what was there"
    gone = await admin.submit(f"{here}/edit", to=f"{here}/delete")
    assert gone.headers["location"] == f"{sort.path}?done=filed-deleted"
    assert (await admin.get(here)).status_code == 404
    async with platform.database.tenant(org) as session:
        with pytest.raises(NotFoundError):
            await service.find(session, sort.kind, uuid.UUID(here.rpartition("/")[2]))


@pytest.mark.parametrize("sort", [one for one in SORTS if one.archives], ids=lambda sort: sort.path)
async def test_one_is_put_away_kept_offered_nowhere_and_taken_out_again(
    admin: Browser, platform: Platform, org: uuid.UUID, sort: Sort
) -> None:
    here = await _made(admin, sort.path, name="Spring")
    row_id = here.rpartition("/")[2]
    other = await _made(admin, sort.path, name="Autumn")
    filed: dict[str, Any] = {SPLITS[sort.label]: uuid.UUID(row_id)}
    call = await judged_call(platform, org, **filed)
    away = await admin.submit(f"{here}/edit", {"archived": "yes"}, to=f"{here}/archive")
    assert away.headers["location"] == f"{here}?done=filed-archived"
    shown = (await admin.get(here)).text
    assert ">archived<" in shown
    assert str(call) in shown, "its calls stay with it"
    assert _names((await admin.get(sort.path)).text, sort.path) == ["Autumn"]
    assert _names((await admin.get(f"{sort.path}?archived=yes")).text, sort.path) == ["Spring"]
    offers = f'<option value="{row_id}"'
    for page in ("/calls", "/insights", "/alerts/rules/new"):
        text = (await admin.get(page)).text
        assert offers not in text, page
        assert other.rpartition("/")[2] in text, page
    for page in ("/calls", "/insights"):
        assert offers in (await admin.get(f"{page}?{sort.label}={row_id}")).text, "what is chosen stays so"
    back = await admin.submit(f"{here}/edit", to=f"{here}/archive")
    assert back.headers["location"] == f"{here}?done=filed-unarchived"
    assert _names((await admin.get(sort.path)).text, sort.path) == ["Autumn", "Spring"]
    assert offers in (await admin.get("/calls")).text


async def test_an_engagement_leads_to_its_conversations(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    here = await _made(admin, "/engagements", name="Acme")
    row_id = uuid.UUID(here.rpartition("/")[2])
    way = f'href="/conversations?engagement={row_id}"'
    assert way not in (await admin.get(here)).text
    told = Told("chat-1", {"started_at": clock.now(), "status": "active", "engagement_id": row_id})
    await conversations.receive(platform.intake, Source(org, OPERATOR), told)
    assert way in (await admin.get(here)).text
    assert "chat-1" in (await admin.get(f"/conversations?engagement={row_id}")).text


@EVERY
async def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
    admin: Browser, sort: Sort
) -> None:
    await _made(admin, sort.path, name="First", externalId="taken")
    for fields, status, field in (
        ({"name": "  ", "externalId": "kept"}, 400, "name"),
        ({"name": "kept", "externalId": "taken"}, 409, "externalId"),
        ({"name": "kept" * 60}, 400, "name"),
    ):
        refused = await admin.submit(f"{sort.path}/new", fields)
        assert refused.status_code == status, fields
        assert f'id="{field}-mistake"' in refused.text
        assert "kept" in refused.text
    assert _names((await admin.get(sort.path)).text, sort.path) == ["First"]


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("/campaigns", {"startDate": "2026-02-02", "endDate": "2026-02-01"}, "endDate"),
        ("/campaigns", {"startDate": "soon"}, "startDate"),
        ("/campaigns", {"status": "asleep"}, "status"),
        ("/campaigns", {"callCenterId": "nonsense"}, "callCenterId"),
        ("/campaigns", {"callCenterId": str(uuid.uuid4())}, "callCenterId"),
        ("/engagements", {"status": "paused"}, "status"),
        ("/engagements", {"type": "x" * 51}, "type"),
    ],
)
async def test_fields_of_some_only_are_judged_too(
    admin: Browser, path: str, fields: dict[str, str], field: str
) -> None:
    refused = await admin.submit(f"{path}/new", {"name": "x"} | fields)
    assert refused.status_code == 400
    assert f'id="{field}-mistake"' in refused.text


async def test_a_campaign_shows_its_days_and_where_it_is(admin: Browser) -> None:
    center = (await _made(admin, "/call-centers", name="Lisbon")).rpartition("/")[2]
    here = await _made(
        admin, "/campaigns", name="Renewals", type="outbound", status="paused", callCenterId=center,
        startDate="2026-01-01", endDate="2026-03-31",
    )  # fmt: skip
    for path in (here, "/campaigns"):
        shown = (await admin.get(path)).text
        for text in ("Renewals", "outbound", "paused", "Lisbon", "1 Jan 2026", "31 Mar 2026"):
            assert text in shown, (path, text)
    assert f'value="{center}" selected' in (await admin.get(f"{here}/edit")).text


async def test_lists_are_narrowed_down_by_name_status_and_type(admin: Browser) -> None:
    for name, kind, status in (
        ("100 % Acme", "renewal", "active"), ("Acme again", "", "active"), ("Zen", "renewal", "archived"),
    ):  # fmt: skip
        await _made(admin, "/engagements", name=name, type=kind, status=status)
    for query, found in (
        ("", ["Zen", "Acme again", "100 % Acme"]), ("?name=aCmE", ["Acme again", "100 % Acme"]),
        ("?name=%25", ["100 % Acme"]), ("?status=archived", ["Zen"]), ("?type=general", ["Acme again"]),
        ("?type=renewal&status=active", ["100 % Acme"]), ("?name=nobody", []),
    ):  # fmt: skip
        shown = (await admin.get(f"/engagements{query}")).text
        assert _names(shown, "/engagements") == found, query
        assert ("No engagement is like that." in shown) == (not found)
        assert '<option value="renewal"' in shown
    for query in ("?status=asleep", f"?name={'x' * 201}", "?type=%00", "?cursor=x"):
        assert (await admin.get(f"/engagements{query}")).status_code in {400, 404}, query


async def test_a_long_list_has_pages(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    async with platform.database.tenant(org) as session:
        session.add_all(Project(org_id=org, name=f"Project {number}") for number in range(55))
    first = (await admin.get("/projects?name=project")).text
    older = re.search(r'href="(/projects\?name=project&amp;cursor=[^"]+)"', first)
    assert older
    rest = (await admin.get(html.unescape(older[1]))).text
    names = [*_names(first, "/projects"), *_names(rest, "/projects")]
    assert sorted(names) == sorted(f"Project {number}" for number in range(55))
    assert 'href="/projects?name=project">Newest' in rest


@pytest.fixture
async def filed(platform: Platform, org: uuid.UUID, admin: Browser) -> dict[str, uuid.UUID]:
    """Two calls of Ada and one of Bo, all filed under the same project, call center and engagement."""
    ids = {
        "ada": await new_agent(platform.database, org, "Ada"),
        "bo": await new_agent(platform.database, org),
    }
    labels = {"project_id": PROJECTS, "call_center_id": CALL_CENTERS, "engagement_id": ENGAGEMENTS}
    for column, kind in labels.items():
        path = f"/{kind.plural}"
        ids[column] = uuid.UUID((await _made(admin, path, name=f"The {kind.noun}")).rpartition("/")[2])
    under = {column: ids[column] for column in labels}
    for agent, name in (("ada", "one.wav"), ("ada", "two.wav"), ("bo", "three.wav")):
        await judged_call(
            platform, org, {"greeting": Line("met")}, agent_id=ids[agent], file_name=name, **under
        )
    await rollup.keep_up(platform.database, org)
    return ids


FILED = (
    ("/projects", "project", "project_id"), ("/call-centers", "center", "call_center_id"),
    ("/engagements", "engagement", "engagement_id"),
)  # fmt: skip


async def test_each_shows_what_its_calls_come_to_and_leads_to_them(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID, filed: dict[str, uuid.UUID]
) -> None:
    supervisor = await person("supervisor")
    await lead(platform.database, org, supervisor, filed["bo"])
    for path, label, column in FILED:
        way = f'href="/calls?medium=voice&amp;{label}={filed[column]}"'
        for browser, count in ((admin, 3), (supervisor, 1)):
            listed, shown = await _both(browser, path, filed[column])
            assert f'{way} aria-label="{count} calls of' in listed, path
            assert f"{way}>{count}</a>" in shown, path
            assert ("three.wav" in shown, "one.wav" in shown) == (True, browser is admin)
            assert ("just now" in listed) == (path != "/call-centers"), path
            calls = (await browser.get(f"/calls?medium=voice&{label}={filed[column]}")).text
            assert calls.count('class="strong" href="/calls/') == count


async def _both(browser: Browser, path: str, row_id: uuid.UUID) -> tuple[str, str]:
    return (await browser.get(path)).text, (await browser.get(f"{path}/{row_id}")).text


async def test_calls_show_their_project_and_are_narrowed_down_to_it(
    admin: Browser, platform: Platform, org: uuid.UUID, filed: dict[str, uuid.UUID]
) -> None:
    await judged_call(platform, org, file_name="loose.wav")
    every = (await admin.get("/calls")).text
    assert every.count('<td class="c-project">The project</td>') == 3
    narrowed = (await admin.get(f"/calls?project={filed['project_id']}")).text
    assert f'<option value="{filed["project_id"]}" selected>The project' in narrowed
    assert "loose.wav" not in narrowed
    without = (await admin.get("/calls?project=none")).text
    assert "loose.wav" in without
    assert "one.wav" not in without
    assert '<option value="none" selected>no project' in without


@pytest.mark.parametrize("role", ["supervisor", "reviewer"])
async def test_whoever_judges_calls_reads_and_changes_nothing(
    admin: Browser, person: NewPerson, role: str
) -> None:
    browser = await person(role)
    for path in PATHS:
        here = await _made(admin, path, name="Kept")
        for one in (path, here):
            shown = await browser.get(one)
            assert shown.status_code == 200
            assert "/new" not in shown.text.split("<main")[1]
            assert "/edit" not in shown.text.split("<main")[1]
        for one in (f"{path}/new", f"{here}/edit"):
            assert (await browser.get(one)).status_code == 403, one
        for one in (f"{path}/new", f"{here}/edit", f"{here}/delete"):
            refused = await browser.submit("/account", {"name": "Taken"}, to=one)
            assert refused.status_code == 403, one
        assert "Kept" in (await admin.get(here)).text


async def test_agents_see_none_of_it(person: NewPerson) -> None:
    agent = await person("agent")
    assert 'href="/projects"' not in (await agent.get("/calls")).text
    for path in PATHS:
        for one in (path, f"{path}/new", f"{path}/{uuid.uuid4()}", f"{path}/{uuid.uuid4()}/edit"):
            assert (await agent.get(one)).status_code == 403, one


async def test_those_of_another_organisation_are_not_there(
    admin: Browser, person: NewPerson, new_org: NewOrg
) -> None:
    stranger = await person("owner", await new_org())
    for path in PATHS:
        here = await _made(admin, path, name="Ours")
        assert "Ours" not in (await stranger.get(path)).text
        for one in (here, f"{here}/edit"):
            assert (await stranger.get(one)).status_code == 404
        for one in (f"{here}/edit", f"{here}/delete"):
            assert (await stranger.submit("/account", {"name": "Theirs"}, to=one)).status_code == 404
        assert "Ours" in (await admin.get(here)).text
