"""``/docs``: the document of the contract as one page that needs no other host and no script."""

import json
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, Template

router = APIRouter(include_in_schema=False)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_Json = dict[str, Any]


@cache
def _template() -> Template:
    text = (files("calltrace.dialects.callcov") / "docs.html").read_text("utf-8")
    return Environment(autoescape=True).from_string(text)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The page."""
    document: _Json = request.app.openapi()
    groups = defaultdict[str, list[_Json]](list)
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            groups[operation["tags"][0]].append(_operation(document, verb.upper(), path, operation))
    page = _template().render(info=document["info"], groups=groups)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


def _operation(document: _Json, method: str, path: str, operation: _Json) -> _Json:
    good = next(one for code, one in operation["responses"].items() if code.startswith("2"))
    bodies = operation.get("requestBody", {}).get("content", {})
    return {
        "method": method, "path": path, "description": operation["description"],
        "parameters": operation.get("parameters", []), "statuses": list(operation["responses"]),
        "bodies": [(kind, _shape(document, one["schema"])) for kind, one in bodies.items()],
        "answer": _shape(document, good["content"]["application/json"]["schema"]),
    }  # fmt: skip


def _shape(document: _Json, schema: _Json) -> str:
    return json.dumps(_outline(document, schema), indent=2, ensure_ascii=False)


def _outline(document: _Json, schema: _Json) -> Any:
    """A schema as an example would look: names, and what stands behind them."""
    if "$ref" in schema:
        name = cast("str", schema["$ref"]).rpartition("/")[2]
        return _outline(document, document["components"]["schemas"][name])
    if "anyOf" in schema:
        kinds = [_outline(document, one) for one in schema["anyOf"] if one.get("type") != "null"]
        return kinds[0] if len(kinds) == 1 else " | ".join(map(str, kinds))
    if "properties" in schema:
        return {name: _outline(document, one) for name, one in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_outline(document, schema["items"])]
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    return " | ".join(map(str, choices)) or schema.get("type", "any")
