"""The contract of Auralytik as one application."""

from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from starlette.types import Scope

from calltrace import __version__
from calltrace.dialects.auralytik import (
    analytics,
    audio_files,
    campaigns,
    conversations,
    engagements,
    evaluations,
    files,
    keys,
    problems,
    swagger,
    usage,
    voice_calls,
    webhooks,
)
from calltrace.dialects.auralytik.answers import AnswersDep, One
from calltrace.dialects.auralytik.deps import PlatformDep
from calltrace.dialects.auralytik.documents.common import Health
from calltrace.dialects.auralytik.door import HEALTH, SIGNED_PATHS, Door, rate_headers
from calltrace.kit.envelope import RequestEnvelope
from calltrace.kit.lingering import LingeringRefusals

DESCRIPTION = (
    "Recordings, evaluations, conversations and analytics. Every request but `GET /health` has an"
    " `X-Api-Key`, an `X-Timestamp` (Unix seconds) and an `X-Signature`: Base64(HMAC-SHA256(secret,"
    " `{timestamp}.{METHOD}.{path}.{bodyHash}`)) with bodyHash = Base64(SHA-256(body))."
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
"""For data: nothing that is answered here may ever run as a page of this origin."""


def create_app() -> FastAPI:
    """The application; whoever serves it puts the platform's parts into ``app.state.platform``."""
    app = FastAPI(
        title="Auralytik", version=__version__, description=DESCRIPTION, redirect_slashes=False,
        docs_url=None, redoc_url=None, openapi_url=None,
    )  # fmt: skip
    contract = APIRouter(prefix=SIGNED_PATHS)
    for room in (
        evaluations, audio_files, analytics, engagements, conversations, voice_calls, campaigns, webhooks,
        keys, usage,
    ):  # fmt: skip
        contract.include_router(room.router)
    contract.add_api_route(HEALTH, health, response_model=One[Health], include_in_schema=False)
    app.include_router(contract)
    app.add_api_route(HEALTH, health, response_model=One[Health], tags=["Health"])
    app.include_router(files.router)
    app.include_router(swagger.router)
    app.add_middleware(Door)
    app.add_middleware(LingeringRefusals)
    app.add_middleware(RequestEnvelope, on_error=problems.unexpected, headers=_headers)
    problems.install(app)
    return app


def _headers(scope: Scope) -> dict[str, str]:
    return {**SECURITY_HEADERS, **rate_headers(scope)}


async def health(platform: PlatformDep, answers: AnswersDep) -> One[Health]:
    """Healthy when the database answers."""
    async with platform.database.operator() as session:
        await session.execute(text("SELECT 1"))
    return answers.one(Health(status="healthy", version=__version__))
