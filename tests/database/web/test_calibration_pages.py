"""Calibration as pages: asked, answered blind, compared, closed."""

import uuid

from sqlalchemy import select

from calltrace.pipeline.context import Platform
from calltrace.reviews.models import Calibration
from calltrace.scorecards.catalogue import default_scorecard
from database.reviews.factory import Line, judged_call
from database.web.conftest import Browser, NewPerson
from database.web.people import user_id

KEYS = [one.key for one in default_scorecard().criteria]


async def test_people_score_a_call_blind_and_then_compare(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    call = await judged_call(platform, org, {KEYS[0]: Line("not_met")}, file_name="one.mp3")
    first, second = await person("reviewer"), await person("supervisor")
    new = f"/reviews/calibrations/new/{call}"
    asked = {"memberIds": [str(await user_id(platform.database, org, one)) for one in (admin, first)]}
    alone = await admin.submit(new, {"memberIds": asked["memberIds"][:1]})
    assert (alone.status_code, "2 to 20 people" in alone.text) == (400, True)
    blind = asked["memberIds"] + [str(await user_id(platform.database, org, second))]
    refused = await admin.submit(new, {"memberIds": blind})
    assert (refused.status_code, "may not judge this call" in refused.text) == (400, True), "leads no team"
    assert (await first.submit("/account", asked, to=new)).status_code == 403, "reviewers lead none"
    assert (await admin.submit(new, asked)).status_code == 303
    async with platform.database.tenant(org) as session:
        path = f"/reviews/calibrations/{await session.scalar(select(Calibration.id))}"
    assert (await second.get(path)).status_code == 404
    for browser in (admin, first):
        shown = (await browser.get(path)).text
        assert "Submit your verdicts" in shown
        assert "Compared" not in shown
    missing = await first.submit(path, dict.fromkeys(KEYS[1:], "met"))
    assert (missing.status_code, "Choose a verdict." in missing.text) == (400, True)
    assert missing.text.count("checked") == len(KEYS) - 1, "what was chosen stays chosen"
    assert (await first.submit(path, dict.fromkeys(KEYS, "met"))).status_code == 303
    assert "Compared" in (await first.get(path)).text
    again = await first.submit("/account", dict.fromkeys(KEYS, "met"), to=path)
    assert again.status_code == 409
    assert "Compared" not in (await admin.get(path)).text, "who still has to answer sees nothing"
    assert (await admin.submit(path, dict.fromkeys(KEYS, "not_met"))).status_code == 303
    assert (await first.submit("/account", to=f"{path}/close")).status_code == 403
    assert (await admin.submit("/account", to=f"{path}/close")).status_code == 303
    result = (await first.get(path)).text
    for text in ("Krippendorff", admin.email, first.email, "and the machine", "not met"):
        assert text in result, text
    assert "2 of 2 answered" in (await admin.get("/reviews/calibrations")).text
