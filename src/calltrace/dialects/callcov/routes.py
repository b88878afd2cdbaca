"""Operations of this contract: each under both spellings of its path, once in the document (CVX-9)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel

from calltrace.dialects.callcov import schemas

E = TypeVar("E", bound=Callable[..., Any])

RATE_HEADERS: Mapping[str, Any] = {
    f"X-RateLimit-{name}": {"schema": {"type": "integer"}, "description": told}
    for name, told in (
        ("Limit", "Requests in one window of a minute."),
        ("Remaining", "How many of them are left."),
        ("Reset", "When the window ends, in unix seconds."),
    )
}
IDEMPOTENCY: Mapping[str, Any] = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A repeat with the same key does nothing twice and is answered the same, for 24 hours.",
}  # fmt: skip
_ERRORS: Mapping[int, str] = {
    400: "Invalid request", 401: "Invalid or missing authentication", 403: "Insufficient permissions",
    404: "It does not exist", 422: "Validation error", 429: "Rate limit exceeded", 500: "Server error",
}  # fmt: skip
SECURITY: Sequence[Mapping[str, Any]] = ({"bearer": []}, {"apiKey": []})


class Routes:
    """The operations of one group.

    Args:
        prefix: of their paths, behind the base.
        tag: what the document calls the group.
        security: which credentials they take; none for those that give them.
    """

    def __init__(self, prefix: str, tag: str, security: Sequence[Mapping[str, Any]] = SECURITY) -> None:
        self.router = APIRouter(prefix=f"/api/v1{prefix}", tags=[tag])
        self._security = list(security)

    def add(
        self,
        method: str,
        path: str,
        answers: type[BaseModel],
        *,
        status: int = 200,
        sends: type[BaseModel] | None = None,
        form: type[BaseModel] | None = None,
        optional: bool = False,
        parameters: Sequence[Mapping[str, Any]] = (),
        errors: Sequence[int] = (),
    ) -> Callable[[E], E]:
        """Serve an operation at a path, with and without a slash at its end.

        Args:
            method: of HTTP.
            path: behind the prefix, as the document writes it.
            answers: its answer.
            status: of its answer.
            sends: its body in JSON.
            form: its body as a form that brings a file.
            optional: whether the body may be left out.
            parameters: of the query and the headers.
            errors: statuses beside those that everything can have.
        """
        extra: dict[str, Any] = {"parameters": list(parameters), "security": self._security}
        if sends is not None:
            extra["requestBody"] = _body(sends, form, required=not optional)
        body, secured = (400,) if sends else (), (401, 403) if self._security else ()
        told = {*errors, 422, 429, 500, *body, *secured}  # 400: a body that is not declared as JSON
        known: dict[int | str, dict[str, Any]] = {
            code: {"model": schemas.Error, "description": _ERRORS[code], "headers": dict(RATE_HEADERS)}
            for code in sorted(told)
        }
        known[status] = {"headers": dict(RATE_HEADERS)}

        def register(endpoint: E) -> E:
            other = path.rstrip("/") if path.endswith("/") else f"{path}/"
            for spelling in (path, other):
                self.router.add_api_route(
                    spelling, endpoint, methods=[method], status_code=status, response_model=answers,
                    responses=known, openapi_extra=extra, include_in_schema=spelling == path,
                    operation_id=endpoint.__name__ if spelling == path else None,
                )  # fmt: skip
            return endpoint

        return register


def _body(sends: type[BaseModel], form: type[BaseModel] | None, *, required: bool) -> dict[str, Any]:
    content = {"application/json": {"schema": sends.model_json_schema()}}
    if form is not None:
        content["multipart/form-data"] = {"schema": form.model_json_schema()}
    return {"required": required, "content": content}


def query(name: str, told: str, **schema: Any) -> dict[str, Any]:
    """A parameter of the query, for the document."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": told}


PAGE = (
    query("skip", "How many to leave out.", type="integer", minimum=0, default=0),
    query("limit", "How many at most.", type="integer", minimum=1, maximum=100, default=20),
)
