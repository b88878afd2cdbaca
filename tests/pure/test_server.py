"""Which of the two applications a path belongs to."""

from typing import Any

import pytest
from fastapi.routing import APIRoute

from calltrace.api.app import create_app
from calltrace.server import belongs_to_api, chosen
from calltrace.web.app import create_web


def _paths(routes: Any) -> list[str]:
    """The paths of an application; included routers are looked into."""
    found: list[str] = []
    for route in routes:
        if isinstance(route, APIRoute):
            found.append(route.path)
        else:
            found += _paths(getattr(getattr(route, "original_router", None), "routes", ()))
    return found


def _never() -> Any:
    raise AssertionError("nothing is built to ask for paths")


def test_every_operation_of_the_document_is_reached() -> None:
    paths = list(create_app(_never).openapi()["paths"])
    assert len(paths) > 10
    assert [path for path in paths if not belongs_to_api(path)] == []
    assert belongs_to_api("/openapi.json")


def test_no_page_is_hidden_behind_the_api() -> None:
    paths = _paths(create_web().routes)
    assert "/admin/integrations/api-keys" in paths
    assert [path for path in paths if belongs_to_api(path)] == []


@pytest.mark.parametrize("path", ["/apiary", "/healthy", "/documents", "/", ""])
def test_what_only_begins_like_a_path_of_the_api_is_a_page(path: str) -> None:
    assert not belongs_to_api(path)


@pytest.mark.parametrize("path", ["", "*", "callcov", "/"])
def test_a_target_without_a_slash_is_no_contract(path: str) -> None:
    app, scope = chosen({"type": "http", "path": path, "headers": []}, {}, {})
    assert (app, scope["path"]) == (None, path)
