"""Where to go after signing in: a path of ours, whatever somebody wrote into the link."""

from urllib.parse import quote, urlsplit

HOME = "/"
_LONGEST = 2000


def safe_path(text: str) -> str:
    """The text if it is a path on this site, else HOME.

    Browsers read two slashes, a slash and a backslash, and paths with control characters as other sites.
    """
    if len(text) > _LONGEST or not text.startswith("/") or text[1:2] in {"/", "\\"}:
        return HOME
    if not text.isascii() or not text.isprintable() or "\\" in text or " " in text:
        return HOME
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.path.startswith(("/login", "/logout", "//")):
        return HOME
    return text


def sign_in_path(wanted: str) -> str:
    """The sign-in page, with where to go afterwards."""
    path = safe_path(wanted)
    return "/login" if path == HOME else f"/login?next={quote(path, safe='/')}"
