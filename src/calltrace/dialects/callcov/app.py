"""The contract of CallCov as one application (docs/contracts/callcov.md)."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from calltrace.dialects.callcov import analysis, api_keys, auth, billing, errors, reference, users
from calltrace.dialects.callcov.door import Door, answer_headers
from calltrace.kit.envelope import RequestEnvelope
from calltrace.kit.lingering import LingeringRefusals

DESCRIPTION = (
    "Submit recorded calls, and read who said what, and how it went. Base path `/api/v1`; a key"
    " (`Authorization: Bearer sk_live_…` or `X-API-Key`) or an access token opens it."
)
SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or an access token (JWT)."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


class CallCov(FastAPI):
    """The application; its document has the contract's operations and nothing else."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title, version=self.version, description=DESCRIPTION, routes=self.routes
            )
            document["components"]["securitySchemes"] = SCHEMES
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
            self.openapi_schema = document
        return self.openapi_schema


def create_app() -> FastAPI:
    """The application; whoever serves it puts the platform's parts into ``app.state.platform``."""
    app = CallCov(
        title="CallCov", version="1", description=DESCRIPTION, redirect_slashes=False,
        docs_url=None, redoc_url=None,
    )  # fmt: skip
    for routes in (auth.routes, users.routes, api_keys.routes, analysis.routes, billing.routes):
        app.include_router(routes.router)
    app.include_router(reference.router)
    app.add_middleware(Door)
    app.add_middleware(LingeringRefusals)
    app.add_middleware(RequestEnvelope, on_error=errors.unexpected, headers=answer_headers)
    errors.install(app)
    return app
