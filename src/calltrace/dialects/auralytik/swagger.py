"""Swagger UI (acceptance AU-004); its files come from an installed package, so it needs no other host."""

from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from calltrace.kit.errors import NotFoundError

PATH = "/swagger"
DOCUMENT = f"{PATH}/v1/swagger.json"
router = APIRouter(include_in_schema=False)

_FILES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Auralytik API</title>
<link rel="stylesheet" href="{root}/swagger/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{root}/swagger/swagger-ui-bundle.js"></script>
<script src="{root}/swagger/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({url: "swagger/v1/swagger.json", dom_id: "#swagger-ui", deepLinking: true, \
validatorUrl: null, supportedSubmitMethods: []});
"""
"""Nothing is sent from the page: it cannot sign requests, and no secret belongs into it."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI sets styles by attribute; no other host is asked for anything."""


@router.get(PATH)
async def page(request: Request) -> HTMLResponse:
    """The page."""
    html = _PAGE.format(root=request.scope.get("root_path", ""))
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


@router.get(DOCUMENT)
async def document(request: Request) -> dict[str, Any]:
    """The OpenAPI document: what the contract has, and nothing else."""
    return document_of(request.app)


@router.get(f"{PATH}/start.js")
async def start() -> Response:
    """What begins the page."""
    return Response(_START, media_type="text/javascript")


@router.get(f"{PATH}/{{name}}")
async def asset(name: str) -> Response:
    """One file of Swagger UI."""
    if name not in _FILES:
        raise NotFoundError("There is nothing at this path.")
    return Response(_content(name), headers={"Content-Type": _FILES[name], "Cache-Control": "max-age=86400"})


@cache
def _content(name: str) -> bytes:
    return files("fastapi_offline").joinpath("static", name).read_bytes()


def document_of(app: FastAPI) -> dict[str, Any]:
    """The document; made once for each application."""
    if app.openapi_schema is None:
        app.openapi_schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes,
            servers=[{"url": "/auralytik"}],
        )  # fmt: skip
        _drop_framework_errors(app.openapi_schema)
    return app.openapi_schema


def _drop_framework_errors(document: dict[str, Any]) -> None:
    """The framework documents a 422 that is never answered here; errors are this contract's own."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "An error.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Error"] = _ERROR


_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "requestId", "retryAfter"],
            "properties": {
                "code": {"type": "string", "examples": ["RATE_LIMIT_EXCEEDED"]},
                "message": {"type": "string", "examples": ["Too many requests."]},
                "requestId": {"type": "string", "examples": ["req_abc123"]},
                "retryAfter": {"type": ["integer", "null"], "examples": [30]},
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
            },
        }
    },
}
