"""The signature checker, on a delivery that was really written down for an endpoint."""

import uuid

import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.webhooks import endpoints, queries
from calltrace.webhooks.endpoints import Caller, Desk, NewEndpoint
from calltrace.webhooks.models import Delivery, Endpoint
from calltrace.webhooks.wire import Sent
from calltrace.webhooks.wires import wire_of
from database.web.conftest import Browser, NewPerson

PATH = "/admin/integrations/signature"


async def _delivered(
    platform: Platform, org: uuid.UUID, contract: str = "calltrace"
) -> tuple[Endpoint, str, Delivery]:
    desk = Desk(platform.database, platform.client, platform.box, platform.policy)
    wanted = NewEndpoint("https://127.0.0.1/hook", wire_of(contract).events[:1], "live", None, contract)
    endpoint, secret = await endpoints.create(desk, Caller(org, OPERATOR), wanted)
    async with platform.database.tenant(org) as session:
        found = await endpoints.find(session, endpoint.id, None)
        return endpoint, secret, await endpoints.test(session, found, OPERATOR)


def _headers(endpoint: Endpoint, secret: str, delivery: Delivery) -> str:
    sent = Sent(delivery.id, delivery.event, delivery.body)
    made = wire_of(endpoint.contract).headers([secret], sent, clock.now())
    return "\r\n".join(f"{name}: {value}" for name, value in made.items())


@pytest.mark.parametrize("contract", ["calltrace", "callcov", "auralytik"])
async def test_what_was_delivered_is_genuine_and_no_secret_is_shown(
    platform: Platform, org: uuid.UUID, admin: Browser, contract: str
) -> None:
    endpoint, secret, delivery = await _delivered(platform, org, contract)
    fields = {"endpoint": str(endpoint.id), "headers": _headers(endpoint, secret, delivery)}
    page = await admin.submit(PATH, fields | {"body": delivery.body})
    assert "A receiver with the right secret accepts this" in page.text, page.text
    assert secret.removeprefix("whsec_") not in page.text
    assert wire_of(contract).signed.signature.lower() in page.text, "the snippet is of this contract"
    changed = await admin.submit(PATH, fields | {"body": delivery.body.replace('"', "'", 1)})
    assert "A receiver refuses this" in changed.text
    assert "they part after byte 1." in changed.text


async def test_the_form_says_what_is_missing_and_keeps_what_was_pasted(
    platform: Platform, org: uuid.UUID, admin: Browser
) -> None:
    assert "No webhook endpoint yet." in (await admin.get(PATH)).text
    endpoint, _secret, _delivery = await _delivered(platform, org)
    assert "selected" in (await admin.get(f"{PATH}?endpoint={endpoint.id}")).text.split("<form")[2]
    for fields, words in (
        ({"endpoint": "", "headers": "a: b"}, "Choose the endpoint"),
        ({"endpoint": str(uuid.uuid4()), "headers": "a: b"}, "Choose the endpoint"),
        ({"endpoint": str(endpoint.id), "headers": " "}, "Paste the headers"),
    ):
        answer = await admin.submit(PATH, fields | {"body": "<b>kept</b>"})
        assert answer.status_code == 400
        assert words in answer.text
        assert "&lt;b&gt;kept" in answer.text
    refused = await admin.submit(PATH, {"endpoint": str(endpoint.id), "headers": "Host: x", "body": ""})
    assert "X-CallTrace-Signature is missing" in refused.text


async def test_endpoints_that_only_owners_manage_are_checked_by_owners(
    platform: Platform, database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    endpoint, _secret, _delivery = await _delivered(platform, org)
    async with database.tenant(org) as session:
        row = await queries.endpoint_by_id(session, endpoint.id, None)
        assert row
        row.contract = "callcenterrate"
    fields = {"endpoint": str(endpoint.id), "headers": "X-CCR-Signature: v1=1", "body": ""}
    assert (await admin.send(PATH, fields | {"csrf": "x"})).status_code == 403
    assert "No webhook endpoint yet." in (await admin.get(PATH)).text
    owner = await person("owner")
    answer = await owner.submit(PATH, fields)
    assert "X-CCR-Delivery-Id is missing" in answer.text
