"""Whose certificates are believed when we call out."""

import ssl
from pathlib import Path

import httpx2

from calltrace.kit.errors import ConfigurationError


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of OUTBOUND_CA_FILE.

    Raises:
        ConfigurationError: the file holds none.
    """
    context = httpx2.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"OUTBOUND_CA_FILE: {ca_file} holds no certificates in PEM form"
            ) from error
    return context
