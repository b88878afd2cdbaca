"""Templates to pages. Everything is escaped; a name that does not exist is an error, not an empty text."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from calltrace.accounts.sessions import SignedIn
from calltrace.kit import words
from calltrace.web import shown, static
from calltrace.web.forms import Mistakes

NO_MISTAKES = Mistakes()


def environment(finalize: Callable[..., Any] | None = None) -> Environment:
    """The templates with all that they may use; ``finalize`` sees every value that they show."""
    made = Environment(
        loader=PackageLoader("calltrace.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"], finalize=finalize,
    )  # fmt: skip
    made.newstyle_gettext = True  # pyright: ignore[reportAttributeAccessIssue] - the extension reads it
    says = {
        "static": static.url, "_": words.markup, "gettext": words.markup, "ngettext": words.markup_plural,
        "around": words.around,
    }  # fmt: skip
    made.globals.update(says)  # pyright: ignore[reportCallIssue, reportArgumentType] - typed as its own
    made.filters.update(shown.FILTERS)
    return made


templates = environment()


def warm(every: Environment = templates) -> None:
    """Compile every template, so that nobody waits for it who opens the first page after a start."""
    for name in every.list_templates(extensions=["html"]):
        every.get_template(name)


def page(
    request: Request, template: str, *, status: int = 200, mistakes: Mistakes = NO_MISTAKES, **values: Any
) -> HTMLResponse:
    """One page for whoever is signed in.

    Args:
        request: what is answered.
        template: file in the folder ``templates``.
        status: HTTP status.
        mistakes: what is wrong with the form that is shown again.
        values: what the template shows.
    """
    who: SignedIn | None = getattr(request.state, "who", None)
    done = shown.DONE.get(request.query_params.get("done", ""))
    common = {
        "who": who,
        "path": request.url.path,
        "done": done,
        "mistakes": mistakes,
        "tongue": words.tongue(),
    }
    return HTMLResponse(templates.get_template(template).render({**common, **values}), status)


def see_other(address: str, text: str = "") -> RedirectResponse:
    """To a page of ours after a form has done its work; ``text`` came with it, and is quoted."""
    return RedirectResponse(address + quote(text, safe=""), 303)
