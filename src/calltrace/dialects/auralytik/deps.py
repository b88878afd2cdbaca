"""What endpoints are given: the platform's parts, who calls with which scope, and the body."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ValidationError

from calltrace.dialects.auralytik.door import Caller, caller_of
from calltrace.kit import strict_json
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.pipeline.context import Platform

M = TypeVar("M", bound=BaseModel)
_KEY = APIKeyHeader(
    name="X-Api-Key",
    scheme_name="ApiKey",
    auto_error=False,
    description="`ak_live_…`, with a signed request.",
)


async def get_platform(request: Request) -> Platform:
    """The parts that were built at start."""
    return cast("Platform", request.app.state.platform)


PlatformDep = Annotated[Platform, Depends(get_platform)]
Id = Annotated[str, Path(alias="id")]


async def get_caller(request: Request, _key: Annotated[str | None, Security(_KEY)]) -> Caller:
    """Who was let in at the door."""
    return caller_of(request)


CallerDep = Annotated[Caller, Depends(get_caller)]


def _scoped(scope: str) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: CallerDep) -> Caller:
        caller.principal.require(scope)
        return caller

    return check


EvaluationReader = Annotated[Caller, Security(_scoped("evaluations:read"), scopes=["evaluations:read"])]
AudioReader = Annotated[Caller, Security(_scoped("audio:read"), scopes=["audio:read"])]
AudioDownloader = Annotated[Caller, Security(_scoped("audio:download"), scopes=["audio:download"])]
AudioWriter = Annotated[Caller, Security(_scoped("audio:write"), scopes=["audio:write"])]
AnalyticsReader = Annotated[Caller, Security(_scoped("analytics:read"), scopes=["analytics:read"])]
AnalyticsExporter = Annotated[Caller, Security(_scoped("analytics:export"), scopes=["analytics:export"])]
EngagementReader = Annotated[Caller, Security(_scoped("engagements:read"), scopes=["engagements:read"])]
EngagementWriter = Annotated[Caller, Security(_scoped("engagements:write"), scopes=["engagements:write"])]
ConversationReader = Annotated[Caller, Security(_scoped("conversations:read"), scopes=["conversations:read"])]
VoiceReader = Annotated[Caller, Security(_scoped("voice:read"), scopes=["voice:read"])]
CampaignReader = Annotated[Caller, Security(_scoped("campaigns:read"), scopes=["campaigns:read"])]
WebhookManager = Annotated[Caller, Security(_scoped("webhooks:manage"), scopes=["webhooks:manage"])]
KeyManager = Annotated[Caller, Security(_scoped("keys:manage"), scopes=["keys:manage"])]
UsageReader = Annotated[Caller, Security(_scoped("usage:read"), scopes=["usage:read"])]


def has_body(caller: Caller) -> bool:
    """Whether the request came with a body, where it may be left out."""
    return bool(caller.body.strip())


def read_body(request: Request, caller: Caller, model: type[M]) -> M:
    """The body as a model.

    Raises:
        InvalidRequestError: no JSON object, declared as something else, or naming every field that is wrong.
    """
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared != "application/json":
        raise InvalidRequestError("Send the body as application/json.")
    try:
        content = strict_json.parse(caller.body)
    except ValueError as error:
        raise InvalidRequestError("The body is not valid JSON.") from error
    if not isinstance(content, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        fields = [_field(one["loc"], one["msg"]) for one in error.errors()]
        first = fields[0]
        raise InvalidRequestError(f"{first.pointer[1:] or 'body'}: {first.detail}", errors=fields) from error


def _field(loc: Sequence[int | str], message: str) -> FieldError:
    pointer = "".join(f"/{part}" for part in loc)
    return FieldError(pointer, message.removeprefix("Value error, "))
