"""Wire contracts of other vendors, each one application of its own over the same services.

Each has its own authentication, errors and mapping, and none knows another. To add one is a package here,
one line below, and one in ``webhooks.wires``.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from calltrace.accounts.models import Contract

if TYPE_CHECKING:  # workers load a contract's wire from here, and serve nothing
    from fastapi import FastAPI

_MODULES: Mapping[Contract, str] = {
    "callcov": "calltrace.dialects.callcov.app",
    "callcenterrate": "calltrace.dialects.callcenterrate.app",
}
"""Contract to the module whose ``create_app`` makes its application; it is loaded when a server starts."""


def create_apps() -> "dict[Contract, FastAPI]":
    """The application of each contract, without a platform yet: it belongs into ``app.state.platform``."""
    made: dict[Contract, FastAPI] = {}
    for contract, module in _MODULES.items():
        create: Callable[[], FastAPI] = import_module(module).create_app
        made[contract] = create()
    return made
