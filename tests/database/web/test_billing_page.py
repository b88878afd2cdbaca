"""What a month costs, on its page."""

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import billing, service
from calltrace.accounts.plans import SHIPPED
from calltrace.db.session import Database
from calltrace.kit.ids import uuid7
from calltrace.pipeline.context import Platform
from database.conftest import NewOrg
from database.doors import server_on
from database.payments.paying import with_payments
from database.web.conftest import Browser, NewPerson, make_browser, new_user
from stripe_server import Fault, StripeServer

PATH = "/billing"


async def _heard(database: Database, org: uuid.UUID, seconds: int, months_ago: int = 0) -> None:
    """So much audio was heard in a call."""
    async with database.tenant(org) as session:
        await session.execute(
            text("""
                INSERT INTO usage_entries (id, org_id, mode, what, quantity, unit, resource_id, created_at)
                VALUES (:id, :org, 'live', 'audio', :seconds, 'second', :id,
                        now() - make_interval(months => :months))
            """),
            {"id": uuid7(), "org": org, "seconds": seconds, "months": months_ago},
        )


async def _on(database: Database, org: uuid.UUID, plan: str) -> None:
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE organisations SET plan = :plan"), {"plan": plan})


def _tiles(html: str) -> dict[str, tuple[str, str]]:
    found = re.findall(
        r'<dt>(.*?)</dt><dd><span class="big">(.*?)</span><span class="sub">(.*?)</span>', html
    )
    return {label: (value, sub) for label, value, sub in found}


async def test_a_fresh_organisation_has_used_nothing(admin: Browser) -> None:
    shown = (await admin.get(PATH)).text
    assert _tiles(shown)["Plan"] == ("Self-hosted", "no monthly price")
    assert _tiles(shown)["Minutes heard"] == ("0.0", "no limit")
    assert "Nothing was used this month." in shown
    assert shown.count('<th scope="row">') == billing.MONTHS


async def test_what_was_heard_is_held_against_the_plan(
    admin: Browser, database: Database, org: uuid.UUID
) -> None:
    await _on(database, org, "pro")
    await _heard(database, org, 60 * 1_200)
    await _heard(database, org, 60 * 30, months_ago=1)
    shown = (await admin.get(PATH)).text
    tiles = _tiles(shown)
    assert tiles["Minutes heard"] == ("1,200.0", "of 1,000 included")
    assert tiles["Cost so far"] == ("$59.00", "200.0 minutes above the plan")
    assert float(tiles["Minutes, forecast"][0].replace(",", "")) >= 1_200
    assert "People, and keys that are gone" in shown
    assert "<td>30.0</td>" in shown


async def test_minutes_that_are_nearly_used_up_are_said_where_a_plan_sells_no_more(
    admin: Browser, database: Database, org: uuid.UUID
) -> None:
    await _on(database, org, "free")
    await _heard(database, org, 60 * 450)
    for path in (PATH, "/calls"):
        assert "90 % of this month's minutes are used up." in re.sub(
            "&#39;", "'", (await admin.get(path)).text
        )
    await _heard(database, org, 60 * 50)
    assert "The minutes of this month are used up: more are refused" in (await admin.get(PATH)).text
    await _on(database, org, "pro")
    assert "used up" not in (await admin.get(PATH)).text


async def test_months_that_are_over_are_a_record(admin: Browser, database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        await session.execute(
            text("""INSERT INTO invoices (id, org_id, month, plan, price, minutes, minutes_included,
                 minutes_over, over_cost)
                 VALUES (gen_random_uuid(), :org, '2026-02-01', 'pro', 49, 1310.5, 1000, 310.5, 15.53)"""),
            {"org": org},
        )
    shown = (await admin.get(PATH)).text
    assert "Months that are over" in shown
    row = shown.partition('<th scope="row">Feb 2026</th>')[2].partition("</tr>")[0]
    cells = [re.sub("<.*?>", "", cell) for cell in re.findall("<td>(.*?)</td>", row)]
    assert cells == ["Starter $49.00", "310.5 $15.53", "$64.53"]


@pytest.mark.accepts("CR-003")
async def test_a_quota_that_is_nearly_used_up_is_said(
    admin: Browser, person: NewPerson, database: Database, org: uuid.UUID
) -> None:
    async with database.tenant(org) as session:
        await service.set_quotas(session, org, {"analyses_quota": 10})
        await session.execute(
            text("""INSERT INTO quota_counters (org_id, what, month, taken)
                VALUES (:org, 'analyses', date_trunc('month', timezone('UTC', now())), 8)"""),
            {"org": org},
        )
    shown = (await admin.get(PATH)).text
    assert "80 % of this month&#39;s analyses are used up." in shown or "80 % of this month's" in shown
    assert _tiles(shown)["Analyses"][0] == "8"
    assert "80 % of this month's analyses" in (await admin.get("/calls")).text
    assert "of this month's analyses" not in (await (await person("reviewer")).get("/calls")).text


async def test_only_owners_and_admins_see_it(person: NewPerson) -> None:
    for role, status in (("owner", 200), ("admin", 200), ("reviewer", 403), ("agent", 403)):
        assert (await (await person(role)).get(PATH)).status_code == status


async def test_another_organisations_usage_is_not_shown(
    admin: Browser, database: Database, new_org: NewOrg
) -> None:
    other = await new_org()
    await _heard(database, other, 6_000)
    assert _tiles((await admin.get(PATH)).text)["Minutes heard"][0] == "0.0"


def test_the_first_day_counts_whole() -> None:
    month = billing.Period.month(2026, 6)
    hour = billing.forecast(1.0, month, month.start + timedelta(hours=1))
    assert hour == 30.0
    assert billing.forecast(15.0, month, month.start + timedelta(days=15)) == 30.0
    assert billing.forecast(40.0, month, month.end) == 40.0


def test_terms_say_what_a_month_costs() -> None:
    minutes = billing.Minutes(5_100.0, 5_200.0, SHIPPED["business"], 100.0, 4.0)
    assert (minutes.over, minutes.cost) == (100.0, 203.0)
    assert billing.Minutes(10_000.0, 10_000.0, SHIPPED["self_hosted"]).cost == 0


@pytest.fixture
def paying(platform: Platform, stripe_server: StripeServer, ca_file: Path) -> tuple[Any, Browser]:
    """A server with payments, and a browser of nobody yet before it."""
    server = server_on(with_payments(platform, stripe_server, ca_file))
    return server, make_browser(server)


async def test_a_plan_is_bought_changed_and_looked_after(
    paying: tuple[Any, Browser], stripe_server: StripeServer, database: Database, org: uuid.UUID
) -> None:
    server, browser = paying
    async with server.lifespan_context(server):
        await browser.sign_in(await new_user(database, org))
        page = (await browser.get(PATH)).text
        assert ("Take Starter" in page, "No money moves here" in page) == (True, False)
        leave = await browser.submit(PATH, {"plan": "pro"}, to=f"{PATH}/plan")
        way = re.search(r'href="(https://checkout\.stripe\.test/[^"]+)"', leave.text)
        assert way
        assert "$49.00 a month" in leave.text
        stripe_server.pay(way[1])
        assert (await browser.get(f"{PATH}?done=paid")).status_code == 200
        changed = await browser.submit(PATH, {"plan": "business"}, to=f"{PATH}/plan")
        assert (changed.status_code, changed.headers["location"]) == (303, "/billing?done=plan-changed")
        page = (await browser.get(PATH)).text
        assert _tiles(page)["Plan"][0] == "Growth"
        assert ("Change to Starter" in page, "Take Growth" in page) == (True, False)
        portal = await browser.submit(PATH, to=f"{PATH}/portal")
        assert 'href="https://billing.stripe.test/' in portal.text
        assert (await browser.submit(PATH, {"plan": "gold"}, to=f"{PATH}/plan")).status_code == 400
        stripe_server.always = Fault(400)
        away = await browser.submit(PATH, {"plan": "pro"}, to=f"{PATH}/plan")
        assert (away.status_code, "Payments are not available" in away.text) == (503, True)


async def test_without_payments_nothing_is_sold(admin: Browser) -> None:
    assert "No money moves here" in (await admin.get(PATH)).text
    for verb in ("plan", "portal"):
        assert (await admin.submit(PATH, {"plan": "pro"}, to=f"{PATH}/{verb}")).status_code == 404
