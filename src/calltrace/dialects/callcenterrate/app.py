"""The contract of Call Center Rate as one application (docs/contracts/callcenterrate.md)."""

from typing import Any

from fastapi import FastAPI

from calltrace import __version__
from calltrace.dialects.callcenterrate import errors, resources
from calltrace.kit.envelope import SECURITY_HEADERS, RequestEnvelope
from calltrace.kit.lingering import LingeringRefusals

DESCRIPTION = (
    "Projects, audios and analyses of your calls, read-only, for integrations that were written for Call"
    " Center Rate. Lists are newest first, in pages of at most 100. Times are ISO-8601 UTC."
)


class Dialect(FastAPI):
    """The application; its OpenAPI document names no answer that is never given."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for verbs in document["paths"].values():
                for operation in verbs.values():
                    operation["responses"].pop("422", None)  # what FastAPI adds: here it is 400
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
            self.openapi_schema = document
        return self.openapi_schema


def create_app() -> FastAPI:
    """The application; whoever serves it puts the platform's parts into ``app.state.platform``."""
    app = Dialect(
        title="Call Center Rate", version=__version__, description=DESCRIPTION,
        redirect_slashes=False, docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.include_router(resources.router)
    app.add_middleware(LingeringRefusals)
    app.add_middleware(RequestEnvelope, on_error=errors.unexpected, headers=lambda _scope: SECURITY_HEADERS)
    errors.install(app)
    return app
