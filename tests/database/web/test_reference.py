"""The API reference: every operation, every code, an example for each, and nothing from other hosts."""

import re
from functools import cache
from typing import Any, cast

import httpx2
import jsonschema_rs
import pytest

from calltrace import dialects
from calltrace.api.app import create_app
from calltrace.pipeline.context import Platform
from calltrace.web.app import create_web
from calltrace.web.error_codes import error_codes
from calltrace.web.pages.reference import CONTRACTS


@cache
def _document() -> dict[str, Any]:
    return create_app(_never).openapi()


def _names_of_tables_differ(page: str) -> bool:
    """Whether no two tables have one name: they are landmarks."""
    regions = re.findall(r'role="region" aria-label="([^"]+)"', page)
    return bool(regions) and len(regions) == len(set(regions))


def _never() -> Platform:
    raise AssertionError("a document is made without a platform")


def _bodies() -> list[Any]:
    """Every JSON body of the document: where it stands, its schema, its example."""
    found: list[Any] = []
    for path, verbs in _document()["paths"].items():
        for method, entry in verbs.items():
            places = {"body": entry.get("requestBody", {}), **entry["responses"]}
            for place, one in places.items():
                for kind, media in one.get("content", {}).items():
                    if kind.endswith("json"):
                        found.append((f"{method} {path} {place}", media))
    return found


def test_every_body_has_an_example_that_its_schema_allows() -> None:
    bodies, components = _bodies(), {"components": _document()["components"]}
    assert len(bodies) > 100
    for where, media in bodies:
        assert "example" in media, where
        jsonschema_rs.validate(media["schema"] | components, media["example"])


@pytest.fixture
async def reader(platform: Platform) -> Any:
    web = create_web()
    web.state.platform, web.state.openapi = platform, _document
    web.state.documents = {name: app.openapi for name, app in dialects.create_apps().items()}
    transport = httpx2.ASGITransport(app=web)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calls.test") as client:
        yield client


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
async def test_contracts_of_others_are_shown_from_their_own_documents(
    reader: httpx2.AsyncClient, contract: str
) -> None:
    answer = await reader.get(f"/docs/{contract}")
    assert answer.status_code == 200
    paths = dialects.create_apps()[cast("Any", contract)].openapi()["paths"]
    operations = [(verb, path) for path, verbs in paths.items() for verb in verbs]
    assert answer.text.count('<article class="operation"') == len(operations) >= 6
    signed = contract == "auralytik"  # a command to paste would be refused
    assert (f"calls.test/{contract}/api/v1" in answer.text.replace("https://", "")) or signed
    assert ("curl" in answer.text.split("GET</span> <code>/health")[0]) != signed
    assert f'href="/docs/{contract}" aria-current="page"' in answer.text
    assert _names_of_tables_differ(answer.text)


async def test_a_contract_that_is_none_has_no_reference(reader: httpx2.AsyncClient) -> None:
    assert (await reader.get("/docs/nobody")).status_code == 404


async def test_the_reference_shows_every_operation(reader: httpx2.AsyncClient) -> None:
    answer = await reader.get("/docs")
    assert answer.status_code == 200
    operations = [(verb, path) for path, verbs in _document()["paths"].items() for verb in verbs]
    assert answer.text.count('<article class="operation"') == len(operations) > 30
    anchors = re.findall(r'class="operation" id="([^"]+)" aria-labelledby', answer.text)
    assert len(set(anchors)) == len(operations)
    assert set(re.findall(r'href="#([^"]+)"', answer.text)) >= set(anchors)


async def test_an_object_is_described_once_and_links_lead_to_it(reader: httpx2.AsyncClient) -> None:
    answer = await reader.get("/docs")
    objects = re.findall(r'<article class="object" id="([^"]+)"', answer.text)
    named = {
        f"object-{name}" for name, one in _document()["components"]["schemas"].items() if "properties" in one
    }
    assert sorted(objects) == sorted(named)
    ids = re.findall(r' id="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    linked = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert linked <= set(ids)
    assert "object-AnalysisDocument" in linked
    assert _names_of_tables_differ(answer.text)
    assert "object-Problem" in linked
    assert answer.text.count("<tr") < 4000, "fields of objects stand under every operation"


async def test_it_works_without_any_other_host(reader: httpx2.AsyncClient) -> None:
    answer = await reader.get("/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert loaded
    assert all(one.startswith(("/", "#")) for one in loaded)
    assert "default-src 'none'" in answer.headers["content-security-policy"].replace("'self'", "'none'")


async def test_the_type_of_an_error_leads_to_its_explanation(reader: httpx2.AsyncClient) -> None:
    page = (await reader.get("/docs")).text
    for one in error_codes():
        answer = await reader.get(f"/problems/{one.code}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/docs#problem-{one.code}")
        assert f'id="problem-{one.code}"' in page
    assert (await reader.get("/problems/no_such_code")).status_code == 404
