"""Pages of other origins may send files: an upload's URL is its only credential, no cookie is involved."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = "/api/v1/uploads/"
_METHODS = ("PUT", "PATCH", "HEAD", "DELETE")
_SENT = ("Content-Type", "Content-Range", "Upload-Offset", "Upload-Length", "Upload-Complete")
_SHOWN = ("Upload-Offset", "Upload-Length", "Upload-Complete", "Upload-Limit", "Retry-After", "X-Request-Id")


class UploadsAcrossOrigins:
    """Answers the questions that browsers ask before they send (Fetch standard, CORS), for uploads only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=_METHODS, allow_headers=_SENT, expose_headers=_SHOWN
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call."""
        opened = scope["type"] == "http" and scope["path"].startswith(_PREFIX)
        await (self._open if opened else self._app)(scope, receive, send)
