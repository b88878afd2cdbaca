"""The web UI as one application."""

from fastapi import FastAPI

from calltrace.kit.envelope import RequestEnvelope
from calltrace.kit.lingering import LingeringRefusals
from calltrace.web import problems, static
from calltrace.web.cookies import is_secure
from calltrace.web.headers import page_headers
from calltrace.web.pages import (
    account,
    account_email,
    agents,
    alert_rules,
    alerts,
    audit,
    backtests,
    billing,
    call,
    call_events,
    call_people,
    calls,
    conversations,
    deliveries,
    endpoints,
    exports,
    filed,
    health,
    home,
    insights,
    keys,
    links,
    people,
    person,
    reference,
    review_agreement,
    review_appeals,
    review_calibrations,
    review_queue,
    review_rules,
    saved_views,
    scorecard,
    scorecard_draft,
    scorecards,
    second_factor,
    selected_calls,
    settings,
    sign_in,
    signatures,
    single_sign_on,
    teams,
    uploads,
    welcome,
)

ROOMS = (
    static,
    home,
    welcome,
    sign_in,
    single_sign_on,
    links,
    insights,
    exports,
    agents,
    uploads,
    calls,
    saved_views,
    selected_calls,
    call_events,
    call,
    call_people,
    conversations,
    filed,
    review_queue,
    review_appeals,
    review_agreement,
    review_calibrations,
    review_rules,
    scorecards,
    scorecard,
    scorecard_draft,
    backtests,
    alert_rules,
    alerts,
    teams,
    people,
    person,
    settings,
    audit,
    billing,
    health,
    account,
    account_email,
    second_factor,
    keys,
    endpoints,
    deliveries,
    signatures,
    reference,
)


def create_web() -> FastAPI:
    """The pages; whoever serves them puts the platform's parts into ``app.state.platform``."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.documents = {}
    for room in ROOMS:
        app.include_router(room.router)

    def secure() -> bool:
        return is_secure(app.state.platform.public_url)

    app.add_middleware(LingeringRefusals)
    app.add_middleware(RequestEnvelope, on_error=problems.unexpected, headers=page_headers(secure))
    problems.install(app)
    return app
