"""Where such a server is, and the key for it, as operators write them."""

from urllib.parse import urlsplit, urlunsplit


def checked_address(value: str, key_setting: str) -> str:
    """The address itself; empty for none.

    Raises:
        ValueError: it is none, or carries a key, which belongs into ``key_setting``.
    """
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment):
        raise ValueError("Not an address such as http://127.0.0.1:8080/v1")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"The key belongs into {key_setting}, not into the address")
    return value


def checked_key(value: str) -> str:
    """The key without the spaces around it, which come from files and shells.

    Raises:
        ValueError: no header can hold it; it would end up in errors.
    """
    if not value.strip().isascii() or not value.strip().isprintable():
        raise ValueError("A key has printable ASCII characters only")
    return value.strip()


def endpoint(url: str, call: str, *, known: tuple[str, ...]) -> str:
    """The address of one call: ``url`` is that of the API (``…/v1``), or ends as one of ``known`` already."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/") or "/v1"
    if not path.endswith(known):
        path += call
    return urlunsplit(parts._replace(path=path))
