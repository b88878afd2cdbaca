"""Keys and webhooks of the contract as pages (acceptance CR-002, CR-003, CR-031)."""

import re
import uuid

import httpx2
import pytest
from sqlalchemy import text

from calltrace.pipeline.context import Platform
from database.dialects.callcenterrate.conftest import Ccr, error, set_plan
from database.web.conftest import NewPerson, admin, new_browser, person, server

__all__ = ["admin", "new_browser", "person", "server"]

KEYS, HOOKS = "/admin/integrations/api-keys", "/admin/integrations/webhooks"
HOOK = {"contract": "callcenterrate", "url": "https://127.0.0.1/hook", "events": "alert.created"}
KEY = {"name": "crm", "contract": "callcenterrate", "lifetime": "permanent"}


@pytest.mark.accepts("CR-002", "CR-007", "CR-008")
async def test_a_key_is_made_and_shown_once_and_revoked_on_the_page(
    person: NewPerson, client: httpx2.AsyncClient
) -> None:
    owner = await person("owner")
    assert (await owner.get("/account/api-keys")).headers["location"] == KEYS
    made = await owner.submit(f"{KEYS}/new", KEY)
    assert made.status_code == 201
    token = re.search(r"ccr_live_[0-9a-f]{32}", made.text)
    assert token
    assert token[0] not in (await owner.get(KEYS)).text
    ccr = Ccr(client, token[0])
    assert (await ccr("projects")).status_code == 200
    revoke = re.search(rf"{KEYS}/[0-9a-f-]+/revoke", (await owner.get(KEYS)).text)
    assert revoke
    assert (await owner.submit(revoke[0])).status_code == 303
    assert error(await ccr("projects"))[:2] == (401, "unauthorized")
    assert (await owner.submit(f"{KEYS}/new", KEY | {"contract": "nobody"})).status_code == 400


@pytest.mark.accepts("CR-030", "CR-031")
async def test_only_owners_on_the_business_plan_manage_webhooks(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    owner, other = await person("owner"), await person("admin")
    assert (await owner.get("/account/webhooks")).headers["location"] == HOOKS
    assert (await other.submit(f"{HOOKS}/new", HOOK)).status_code == 403
    await set_plan(platform.database, org, "pro")
    refused = await owner.submit(f"{HOOKS}/new", HOOK)
    assert (refused.status_code, "Webhooks require the BUSINESS plan." in refused.text) == (403, True)
    await set_plan(platform.database, org, "business")
    made = await owner.submit(f"{HOOKS}/new", HOOK)
    assert (made.status_code, "whsec_" in made.text) == (201, True)
    async with platform.database.tenant(org) as session:
        [row] = (await session.execute(text("SELECT id, contract, mode FROM webhook_endpoints"))).all()
    assert (row.contract, row.mode) == ("callcenterrate", "live")
    here = f"{HOOKS}/{row.id}"
    for path in (here, f"{here}/edit", f"{here}/rotate", f"{here}/delete"):
        assert (await other.get(path)).status_code == 403
        assert (await owner.get(path)).status_code == 200
    for verb in ("test", "disable", "rotate", "delete", "edit"):
        assert (await other.submit("/account", {}, to=f"{here}/{verb}")).status_code == 403
    assert (await owner.submit(here, {}, to=f"{here}/test")).status_code == 303
