"""Security headers of pages: nothing runs, loads or is framed that is not our own."""

from collections.abc import Callable, Mapping

from starlette.types import Scope

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No inline script or style, and no other host."""

PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send "Origin: null" with our own forms (Fetch, section 3.2)
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
TRANSPORT_SECURITY = {"Strict-Transport-Security": "max-age=31536000"}


def page_headers(secure: Callable[[], bool]) -> Callable[[Scope], Mapping[str, str]]:
    """What every page carries; a public URL of https also says that browsers must stay there."""

    def headers(_scope: Scope) -> Mapping[str, str]:
        return PAGE_HEADERS | TRANSPORT_SECURITY if secure() else PAGE_HEADERS

    return headers
