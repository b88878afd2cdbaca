"""Forms for whoever is not signed in: a cookie of their own ties them to the browser."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from calltrace.kit.errors import CallTraceError
from calltrace.web import cookies
from calltrace.web.forms import Form, Mistakes, read_form
from calltrace.web.origin import check_origin, check_token
from calltrace.web.render import NO_MISTAKES, page


async def posted(request: Request, public_url: str) -> Form:
    """A form of ours from this browser.

    Raises:
        ForgedFormError: from elsewhere, or from another browser.
    """
    check_origin(request, public_url)
    form = await read_form(request)
    check_token(form.exact("csrf"), browser(request, public_url))
    return form


def browser(request: Request, public_url: str) -> str | None:
    """What ties forms to this browser."""
    return cookies.form_token(request, secure=cookies.is_secure(public_url))


def form_page(
    request: Request, public_url: str, template: str, *, error: CallTraceError | None = None,
    fields: tuple[str, ...] = (), **values: Any,
) -> Response:  # fmt: skip
    """A page with such a form; with the error of the one that was sent, if there is one.

    Args:
        request: what is answered.
        public_url: where browsers reach us.
        template: file in the folder ``templates``.
        error: what was refused.
        fields: of the form, that an error can name.
        values: what the template shows.
    """
    token = browser(request, public_url) or secrets.token_urlsafe(32)
    answer: Response = page(
        request, template, status=error.status if error else 200, csrf=token,
        mistakes=Mistakes.of(error, fields) if error else NO_MISTAKES, **values,
    )  # fmt: skip
    answer.headers.update(error.headers if error else {})
    cookies.set_form_token(answer, token, secure=cookies.is_secure(public_url))
    return answer
