"""The native API as one application."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from calltrace import __version__
from calltrace.analyses.watching import Watchers
from calltrace.api import (
    agreement,
    alerts,
    analyses,
    appeals,
    backtests,
    batches,
    calibrations,
    calls,
    catalog,
    comments,
    conversations,
    erasures,
    evaluations,
    events,
    exports,
    insights,
    organization,
    overrides,
    payment_events,
    problems,
    recordings,
    review_rules,
    review_settings,
    reviews,
    roles,
    scorecard_versions,
    scorecards,
    survey_insights,
    surveys,
    teams,
    transcripts,
    uploads,
    users,
    voice_calls,
    webhook_deliveries,
    webhook_endpoints,
)
from calltrace.api.cross_origin import UploadsAcrossOrigins
from calltrace.api.deps import PlatformDep
from calltrace.api.examples import add_examples
from calltrace.api.headers import answer_headers
from calltrace.api.openapi import problems as problem_entries
from calltrace.api.schemas import Health
from calltrace.kit.envelope import RequestEnvelope
from calltrace.kit.lingering import LingeringRefusals
from calltrace.pipeline.context import Platform

DESCRIPTION = (
    "Submit call recordings, receive an immediate 202, and get transcript and evaluation through signed"
    " webhooks. Times are ISO-8601 UTC; errors are problem+json (RFC 9457) with a stable `code`."
)


class Native(FastAPI):
    """The application, whose OpenAPI document has an example wherever a body goes in or out."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            self.openapi_schema = add_examples(super().openapi())
        return self.openapi_schema


def create_app(build: Callable[[], Platform], watchers: Watchers | None = None) -> FastAPI:
    """The application; the platform's parts are built when it starts and closed when it ends.

    Whoever passes ``watchers`` closes them when the server stops: streams of events do not end by themselves.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        app.state.platform = platform = build()
        yield
        await platform.close()

    app = Native(
        title="Call Trace", version=__version__, description=DESCRIPTION, lifespan=lifespan,
        redirect_slashes=False, docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.state.watchers = watchers or Watchers()
    native = APIRouter(prefix="/api/v1")
    for router in (
        analyses.router, transcripts.router, evaluations.router, roles.router, events.router,
        erasures.router,
        uploads.router, calls.router, recordings.router,
        organization.router, catalog.agents, catalog.queues, catalog.projects, catalog.call_centers,
        catalog.engagements, conversations.router, voice_calls.router, surveys.router,
        scorecards.scorecards, scorecard_versions.router,
        backtests.router, batches.router,
        webhook_endpoints.router, webhook_deliveries.router,
        overrides.router, comments.router, teams.router, users.router,
        review_rules.router, reviews.router,
        review_settings.router, agreement.router,
        appeals.router, appeals.acknowledgements, calibrations.router, insights.router,
        survey_insights.router, exports.router,
        alerts.trials, alerts.rules, alerts.router,
    ):  # fmt: skip
        native.include_router(router)
    app.include_router(native)
    app.include_router(payment_events.router)
    app.add_api_route(
        "/health", health, response_model=Health, responses=problem_entries(503), tags=["Health"]
    )
    app.add_middleware(UploadsAcrossOrigins)
    app.add_middleware(LingeringRefusals)
    app.add_middleware(RequestEnvelope, on_error=problems.unexpected, headers=answer_headers)
    problems.install(app)
    return app


async def health(platform: PlatformDep) -> Health:
    """200 when the database answers."""
    async with platform.database.operator() as session:
        await session.execute(text("SELECT 1"))
    return Health(version=__version__)
