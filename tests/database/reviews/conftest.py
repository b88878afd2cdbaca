"""Reviews are tested through the API: it is what their services are for, until there are pages."""

from database.api.conftest import api, call

__all__ = ["api", "call"]
